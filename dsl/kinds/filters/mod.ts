// biome-ignore-all assist/source/organizeImports: the language lists kinds in this order
/** The kinds of filters, one line each. */
export { rules } from './rules.ts'
export { classifier } from './classifier.ts'
export { dedup } from './dedup.ts'
export { decontaminate } from './decontaminate.ts'
export { union } from './union.ts'
