// biome-ignore-all assist/source/organizeImports: the language lists kinds in this order
/** The kinds of models, one line each. */
export { mammut } from './mammut.ts'
export { openclip } from './openclip.ts'
