/** Lowerings of tfjs kernels to nodes. */
import type { Node } from '../graph/ir.ts'
import type { tf } from '../tfjs.ts'
import type { GraphRecorder, Info } from './recorder.ts'

/** A call of a kernel: inputs by tfjs' names, attributes as tfjs passes them. */
export interface LoweringCall {
  readonly recorder: GraphRecorder
  readonly inputs: tf.NamedTensorInfoMap
  readonly attrs: tf.NamedAttrMap
  /** The node of a named input; throws where tfjs passed none. */
  node(name: string): Node
}

/** Nodes of all inputs in their order. */
export const nodesOf = ({ inputs, recorder }: LoweringCall): Node[] =>
  Object.values(inputs).map(info => recorder.node(info as Info))

/** Makes the tensors that a kernel gives. */
export type Lowering = (call: LoweringCall) => Info | Info[]

/** A lowering to one node. */
export const one =
  (build: (call: LoweringCall) => Node): Lowering =>
  call =>
    call.recorder.record(build(call))
