/** What a kernel's lowering gets and gives. */
import type { Node } from '../graph/ir.ts'
import type { tf } from '../tfjs.ts'
import type { Info, Recorder } from './recorder.ts'

/** Inputs by tfjs' names, attributes as tfjs passes them. */
export interface Call {
  readonly recorder: Recorder
  readonly inputs: tf.NamedTensorInfoMap
  readonly attrs: tf.NamedAttrMap
  /** The node of a named input; throws where tfjs passed none. */
  node(name: string): Node
}

export type Lowering = (call: Call) => Info | Info[]

/** A lowering to one node. */
export const one =
  (build: (call: Call) => Node): Lowering =>
  call =>
    call.recorder.record(build(call))
