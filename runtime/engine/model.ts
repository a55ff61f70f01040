/** A graph as onnxruntime takes it. */
import { findChunks } from './graph/chunks.ts'
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

/** Where a model will run. */
export interface Target {
  readonly provider: Provider
  /** Threads of one operator. */
  readonly threads: number
}

/**
 * Bytes that an array of a chunk may take for each thread. Where second caches hold 1 MiB, 1 to 3 MiB are alike but that
 * smaller chunks wait longer for threads to meet.
 */
const chunkBytes = 2 * 2 ** 20

/** Writes a graph as a model for a provider. On CPUs, rows that fit the caches of so many threads are computed at a time. */
export function modelOf(graph: Graph, { provider, threads }: Target): Model {
  const used = usedInputs(graph)
  const chunks = provider === 'cpu' ? findChunks(graph, { bytes: threads * chunkBytes }) : undefined
  return {
    onnx: emit(graph, { fusedProducts: provider !== 'webgpu', chunks }),
    inputs: graph.inputs.map(({ name }) => ({ name, used: used.has(name) })),
    outputs: graph.outputs.map(({ name, node: { shape, dtype } }) => ({ name, type: { shape, dtype } })),
  }
}
