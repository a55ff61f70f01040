/** The kinds of models, one line each. */
export { mammut } from './mammut.ts'
export { openclip } from './openclip.ts'
