/** The kinds of captioners, one line each. */
export { grammar } from './grammar.ts'
