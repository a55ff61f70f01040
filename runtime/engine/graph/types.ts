/** Types of tensors and attributes, and readers of them. */

/** Dtypes that a graph holds. */
export type DType = 'float32' | 'int32' | 'bool'

/** Flat element storage; booleans are bytes 0 or 1. */
export type Elements = Float32Array | Int32Array | Uint8Array

/** Shape and dtype of a tensor. */
export interface TensorType {
  readonly shape: readonly number[]
  readonly dtype: DType
}

/** Tests if a value has a shape and a dtype. */
export const isTensorType = (value: unknown): value is TensorType =>
  typeof value === 'object' && value !== null && 'dtype' in value && 'shape' in value

/** A parameter of an operator that is known when the graph is made. */
export type Attribute = number | boolean | string | readonly number[]

/** Attributes of a node by name. */
export type Attributes = { readonly [name: string]: Attribute }

/** Number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1)

/** Tests if two shapes are equal. */
export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((side, i) => side === b[i])

/** A list attribute; throws where it is missing. */
export function listOf(attributes: Attributes, name: string): readonly number[] {
  const value = attributes[name]
  if (!Array.isArray(value)) throw new Error(`Attribute '${name}' is not a list of numbers`)
  return value
}

/** A number attribute; throws where it is missing. */
export function numberOf(attributes: Attributes, name: string): number {
  const value = attributes[name]
  if (typeof value !== 'number') throw new Error(`Attribute '${name}' is not a number`)
  return value
}

/** True if the attribute is set. */
export const flagOf = (attributes: Attributes, name: string): boolean => attributes[name] === true

/** The `dtype` attribute; throws where it names none. */
export function dtypeOf(attributes: Attributes): DType {
  const value = attributes.dtype
  if (value === 'float32' || value === 'int32' || value === 'bool') return value
  throw new Error(`Attribute 'dtype' is ${value}, not float32, int32 or bool`)
}
