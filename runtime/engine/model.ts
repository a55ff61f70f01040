/** A graph as onnxruntime takes it. */
import type { Graph } from './graph/ir.ts'
import type { TensorType } from './graph/ops.ts'
import { emit, usedInputs } from './onnx/emit.ts'

/** Engines that onnxruntime carries out. */
export type Provider = 'cpu' | 'webgpu' | 'cuda'

/** What a session opens. */
export interface Model {
  readonly onnx: Uint8Array
  /** Inputs in their order; the ONNX model has only those that are used. */
  readonly inputs: readonly { readonly name: string; readonly used: boolean }[]
  readonly outputs: readonly { readonly name: string; readonly type: TensorType }[]
}

/** Writes a graph as a model for a provider. */
export function modelOf(graph: Graph, provider: Provider): Model {
  const used = usedInputs(graph)
  return {
    onnx: emit(graph, { fusedProducts: provider !== 'webgpu' }),
    inputs: graph.inputs.map(({ name }) => ({ name, used: used.has(name) })),
    outputs: graph.outputs.map(({ name, node: { shape, dtype } }) => ({ name, type: { shape, dtype } })),
  }
}
