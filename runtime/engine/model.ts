/** Models of a step for onnxruntime. */

import { hoistInvariants } from './graph/hoist_invariants.ts'
import type { Graph, InputNode } from './graph/ir.ts'
import { lowerTransposeToGather } from './graph/passes/lower_transpose_to_gather.ts'
import { findRowTiling, type RowTiling } from './graph/row_tiling.ts'
import type { TensorType } from './graph/types.ts'
import { emit, usedInputs } from './onnx/emit.ts'

/** Engines that onnxruntime carries out. */
export type Provider = 'cpu' | 'webgpu' | 'cuda'

/** An ONNX model with its inputs and outputs. */
export interface OnnxModel {
  readonly onnx: Uint8Array
  /** Inputs in their order; the ONNX model has only those that are used. */
  readonly inputs: readonly { readonly name: string; readonly used: boolean }[]
  readonly outputs: readonly { readonly name: string; readonly type: TensorType }[]
}

/** The provider that a model will run on. */
export interface ModelTarget {
  readonly provider: Provider
  /** Threads of one operator. */
  readonly threads: number
}

/**
 * Bytes that an array of a tile may take for each thread. With second-level caches of 1 MiB, 1 to 3 MiB perform alike, except
 * that threads wait longer for each other at smaller tiles.
 */
const tileBytes = 2 * 2 ** 20

/** A graph in the form that a provider runs. */
export interface LoweredGraph {
  readonly graph: Graph
  readonly tiling?: RowTiling | undefined
}

/** Lowers a graph for a provider. On CPUs, transposes become gathers, and tiles are as large as the caches of the threads. */
export function lowerGraph(graph: Graph, { provider, threads }: ModelTarget): LoweredGraph {
  if (provider !== 'cpu') return { graph }
  const lowered = lowerTransposeToGather(graph)
  return { graph: lowered, tiling: findRowTiling(lowered, { bytes: threads * tileBytes }) }
}

/** Emits a graph as a model for a provider. */
export function modelOf(graph: Graph, target: ModelTarget): OnnxModel {
  const used = usedInputs(graph)
  const { graph: lowered, tiling } = lowerGraph(graph, target)
  return {
    onnx: emit(lowered, { fusedProducts: target.provider !== 'webgpu', tiling }),
    inputs: graph.inputs.map(({ name }) => ({ name, used: used.has(name) })),
    outputs: graph.outputs.map(({ name, node: { shape, dtype } }) => ({ name, type: { shape, dtype } })),
  }
}

/** The graphs of a step: `hoisted` is absent where no input is invariant or nothing depends on invariant inputs alone. */
export interface StepGraphs {
  /** Takes the inputs of the step, then the outputs of `hoisted`. */
  readonly main: Graph
  /** Takes the inputs of the step. */
  readonly hoisted?: Graph | undefined
}

/** Splits a graph where some inputs are invariant and nodes depend on them alone. */
export const stepGraphs = (
  graph: Graph,
  isInvariant: (input: InputNode) => boolean,
  { provider }: ModelTarget,
): StepGraphs => hoistInvariants(graph, { isInvariant, takesInputs: provider !== 'cpu' }) ?? { main: graph }

/** The models of a step, as `StepGraphs`. */
export interface StepModels {
  readonly main: OnnxModel
  readonly hoisted?: OnnxModel | undefined
}

/** Emits a graph as one model, or as two where invariants are hoisted. */
export function modelsOf(graph: Graph, isInvariant: (input: InputNode) => boolean, target: ModelTarget): StepModels {
  const { main, hoisted } = stepGraphs(graph, isInvariant, target)
  return { main: modelOf(main, target), ...(hoisted && { hoisted: modelOf(hoisted, target) }) }
}
