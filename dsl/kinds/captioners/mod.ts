// biome-ignore-all assist/source/organizeImports: the language lists kinds in this order
/** The kinds of captioners, one line each. */
export { grammar } from './grammar.ts'
