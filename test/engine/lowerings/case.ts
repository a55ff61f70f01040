/** Cases that compare a lowering with tfjs' own `cpu` backend. */
import { createRandom, type Random } from '../../../runtime/data/random.ts'
import { floats, type HostArray, hostArray, ints, type tf } from '../../../runtime/engine/mod.ts'

/** One call of one kernel. */
export interface Case {
  /** tfjs' name of the kernel whose lowering is judged. */
  readonly kernel: string
  readonly name: string
  readonly inputs: readonly HostArray[]
  readonly run: (...inputs: readonly tf.Tensor[]) => tf.Tensor | tf.Tensor[]
  /** True if gradients with respect to every float input are compared too. */
  readonly gradient: boolean
}

export type Shape = readonly number[]

export const random: Random = createRandom(7, 'lowerings')

const sizeOf = (shape: Shape): number => shape.reduce((product, side) => product * side, 1)

/** Uniform float32 elements. */
export const uniform = (shape: Shape, low = -2, high = 2): HostArray =>
  floats(
    Float32Array.from({ length: sizeOf(shape) }, () => random.between(low, high)),
    shape,
  )

/** Uniform whole numbers in [low, high) as int32. */
export const whole = (shape: Shape, low = -5, high = 6): HostArray =>
  ints(
    Int32Array.from({ length: sizeOf(shape) }, () => low + random.below(high - low)),
    shape,
  )

export const flags = (shape: Shape): HostArray =>
  hostArray(
    Uint8Array.from({ length: sizeOf(shape) }, () => random.below(2)),
    { shape, dtype: 'bool' },
  )

/** A float32 vector, or another shape, of these elements. */
export const list = (values: readonly number[], shape: Shape = [values.length]): HostArray =>
  floats(Float32Array.from(values), shape)

export const intList = (values: readonly number[], shape: Shape = [values.length]): HostArray =>
  ints(Int32Array.from(values), shape)

/** A shape of this rank; about every third side is one. */
export const shapeOf = (rank: number): Shape =>
  Array.from({ length: rank }, () => (random.below(3) === 0 ? 1 : 2 + random.below(3)))

/** One shape of every rank from 0 to 5. */
export const everyRank = (): readonly Shape[] => [0, 1, 2, 3, 4, 5].map(shapeOf)

/** A shape that broadcasts to `shape`: leading sides dropped, others made one. */
function broadcastable(shape: Shape): Shape {
  const kept = shape.slice(random.below(shape.length + 1))
  return kept.map(side => (random.below(3) === 0 ? 1 : side))
}

/** Pairs of shapes that broadcast, the larger on either side and both ways at once. */
export const broadcastPairs = (): readonly (readonly [Shape, Shape])[] => [
  ...everyRank().flatMap((shape): (readonly [Shape, Shape])[] => [
    [shape, broadcastable(shape)],
    [broadcastable(shape), shape],
  ]),
  [
    [3, 1, 2],
    [4, 1],
  ],
  [[], [2, 3]],
  [[1], []],
  [
    [2, 3],
    [2, 3],
  ],
]
