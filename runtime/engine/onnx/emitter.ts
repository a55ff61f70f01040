/** Writes ONNX operators one by one. */
import type { TensorType } from '../graph/types.ts'
import type { OnnxNode, OnnxTensor } from './types.ts'

/** The model that operators are written to. */
export interface Emitter {
  /** True if the runtime has onnxruntime's fused products; elsewhere they are spelled out. */
  readonly fusedProducts: boolean
  /** Name of a stored list of int64. */
  int64(values: readonly number[], scalar?: boolean): string
  /** Stores a tensor; returns its name. */
  tensor(tensor: Omit<OnnxTensor, 'name'>): string
  /** A new name of a value. */
  fresh(): string
  /** Names of the results of an ONNX operator that serves several nodes, written by the first of them. */
  readonly shared: Map<string, readonly [string, string]>
  node(node: OnnxNode): void
}

/** Domain and attributes of an ONNX operator. */
export type OnnxAttributes = Partial<Pick<OnnxNode, 'domain' | 'integers' | 'floats' | 'strings' | 'integerLists'>>

/** Writes an operator; returns the name of its result. */
export function write(
  emitter: Emitter,
  type: string,
  inputs: readonly string[],
  attributes: OnnxAttributes = {},
): string {
  const name = emitter.fresh()
  emitter.node({ type, inputs, outputs: [name], ...attributes })
  return name
}

/** Writes one number in a shape; returns its name. */
export function writeFill(emitter: Emitter, type: TensorType, value: number): string {
  const data =
    type.dtype === 'float32'
      ? Float32Array.of(value)
      : type.dtype === 'int32'
        ? Int32Array.of(value)
        : Uint8Array.of(value)
  const one = emitter.tensor({ type: type.dtype, dims: [], data })
  if (type.shape.length === 0) return one
  return write(emitter, 'Expand', [one, emitter.int64(type.shape)])
}
