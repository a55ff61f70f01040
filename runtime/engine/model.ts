/** A graph as onnxruntime takes it. */
import { findChunks } from './graph/chunks.ts'
import { splitFixed } from './graph/fixed.ts'
import type { Graph, InputNode } from './graph/ir.ts'
import { moveByGather } from './graph/passes/moves.ts'
import type { TensorType } from './graph/types.ts'
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
  const written = provider === 'cpu' ? moveByGather(graph) : graph
  const chunks = provider === 'cpu' ? findChunks(written, { bytes: threads * chunkBytes }) : undefined
  return {
    onnx: emit(written, { fusedProducts: provider !== 'webgpu', chunks }),
    inputs: graph.inputs.map(({ name }) => ({ name, used: used.has(name) })),
    outputs: graph.outputs.map(({ name, node: { shape, dtype } }) => ({ name, type: { shape, dtype } })),
  }
}

/** What a step is carried out by. */
export interface Models {
  /** Takes the step's inputs, then the outputs of `fixed`. */
  readonly main: Model
  /** Computes of the fixed inputs what `main` needs; takes the step's inputs. */
  readonly fixed?: Model | undefined
}

/** Writes a graph as one model, or as two where some inputs are fixed and something is to be computed of them alone. */
export function modelsOf(graph: Graph, isFixed: (input: InputNode) => boolean, target: Target): Models {
  const halves = splitFixed(graph, { isFixed, takesInputs: target.provider !== 'cpu' })
  if (halves === undefined) return { main: modelOf(graph, target) }
  return { main: modelOf(halves.rest, target), fixed: modelOf(halves.fixed, target) }
}
