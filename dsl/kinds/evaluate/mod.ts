// biome-ignore-all assist/source/organizeImports: the language lists kinds in this order
/** The kinds of evaluations, one line each. */
export { retrieval } from './retrieval.ts'
export { classification } from './classification.ts'
export { linearProbe } from './linear_probe.ts'
export { captioning } from './captioning.ts'
export { localisation } from './localisation.ts'
