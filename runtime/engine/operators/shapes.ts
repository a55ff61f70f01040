/** Rules of shapes that several operators share; they throw a clause that says which operands do not fit. */
import { type Attributes, type DType, flagOf, type TensorType } from '../graph/types.ts'

/** Shape after numpy broadcasting; throws where two sides differ and neither is one. */
export function broadcastShapes(a: readonly number[], b: readonly number[]): readonly number[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1
    const y = b[b.length - rank + i] ?? 1
    if (x !== y && x !== 1 && y !== 1) throw new Error(`Shapes [${a}] and [${b}] do not broadcast`)
    return x === 1 ? y : x
  })
}

/** Type of operand `i`, counted from 0; throws where it is missing. */
export function operandOf(inputs: readonly TensorType[], i: number): TensorType {
  const type = inputs[i]
  if (type === undefined) throw new Error(`operand ${i + 1} is missing`)
  return type
}

/** Length of a side; throws where the tensor has no such axis. */
export function sideOf(type: TensorType, axis: number): number {
  const length = type.shape[axis]
  if (length === undefined) throw new Error(`there is no axis ${axis} in [${type.shape}]`)
  return length
}

/** The dtype that two operands share; throws where they differ. */
export function sharedDType(a: TensorType, b: TensorType): DType {
  if (a.dtype !== b.dtype) throw new Error(`dtypes ${a.dtype} and ${b.dtype} differ`)
  return a.dtype
}

/** Shape without some axes, or with sides of one in their place. */
export function reducedShape(shape: readonly number[], axes: readonly number[], keep: boolean): readonly number[] {
  return keep ? shape.map((length, i) => (axes.includes(i) ? 1 : length)) : shape.filter((_, i) => !axes.includes(i))
}

/** Shape of a matrix product over broadcast leading sides, with `transposeA` and `transposeB`. */
export function productShape(a: readonly number[], b: readonly number[], attributes: Attributes): readonly number[] {
  if (a.length < 2 || b.length < 2) throw new Error('operands need two sides or more')
  const [n, ka] = lastTwo(a, flagOf(attributes, 'transposeA'))
  const [kb, m] = lastTwo(b, flagOf(attributes, 'transposeB'))
  if (ka !== kb) throw new Error(`inner sides ${ka} and ${kb} differ`)
  return [...broadcastShapes(a.slice(0, -2), b.slice(0, -2)), n, m]
}

function lastTwo(shape: readonly number[], transposed: boolean): readonly [number, number] {
  const rows = shape.at(-2) ?? 1
  const columns = shape.at(-1) ?? 1
  return transposed ? [columns, rows] : [rows, columns]
}

/** An axis counted from the front, of one that tfjs may count from the back. */
export const axisOf = (axis: unknown, rank: number): number => (Number(axis) < 0 ? Number(axis) + rank : Number(axis))
