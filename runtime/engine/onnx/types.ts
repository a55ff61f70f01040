/** Parts of an ONNX model. */
import type { Elements } from '../graph/types.ts'

/** ONNX element types. */
export const elementTypes = { float32: 1, int32: 6, int64: 7, bool: 9 } as const
export type ElementType = keyof typeof elementTypes

/** A stored tensor. */
export interface OnnxTensor {
  readonly name: string
  readonly type: ElementType
  readonly dims: readonly number[]
  /** Little-endian raw data; int64 as BigInt64Array. */
  readonly data: Elements | BigInt64Array
}

/** An operator with the names of its operands and results. */
export interface OnnxNode {
  readonly type: string
  /** `com.microsoft` for onnxruntime's own operators. */
  readonly domain?: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly integers?: Readonly<Record<string, number>>
  readonly floats?: Readonly<Record<string, number>>
  readonly strings?: Readonly<Record<string, string>>
  readonly integerLists?: Readonly<Record<string, readonly number[]>>
  /** Names of the enclosing graph can be used in these. */
  readonly graphs?: Readonly<Record<string, OnnxGraph>>
}

/** An input or output of a graph. */
export interface OnnxValue {
  readonly name: string
  readonly type: ElementType
  readonly dims: readonly number[]
}

/** A graph of operators. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly OnnxTensor[]
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
}
