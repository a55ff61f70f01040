/** The engine: ordinary tfjs steps, compiled once and run at native speed. */
export {
  floats,
  floatsOf,
  type HostArray,
  hostArray,
  ints,
  isNdArray,
  type NdArray,
  scalarOf,
  toHost,
} from './array.ts'
export type { CompileCache } from './cache.ts'
export { type Availability, chooseEngine, type Engine, engineNames, tryEngine } from './engines.ts'
export { gradients, recomputed } from './gradients.ts'
export type { TensorType } from './graph/types.ts'
export { type ArraysOf, type JitOptions, jit, type Step } from './jit.ts'
export { printStep } from './print_step.ts'
export { fillState, readState } from './state.ts'
export { tf } from './tfjs.ts'
export type { TensorTree } from './trace/trace.ts'
export { leavesOf, mapTree, type Tree } from './tree.ts'
