/** Two operands and more, with broadcasting. */
import { type HostArray, tf } from '../../../runtime/engine/mod.ts'
import { broadcastPairs, type Case, everyRank, flags, intList, list, type Shape, uniform, whole } from './case.ts'

type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor
type Make = (shape: Shape) => HostArray

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number

/** Kernels whose gradient in tfjs lacks the sum over broadcast sides. */
const unreduced: ReadonlySet<string> = new Set(['Maximum', 'Minimum', 'SquaredDifference'])

function pairs(kernel: string, run: Binary, { a, b, gradient }: { a: Make; b: Make; gradient: boolean }): Case[] {
  return broadcastPairs().map(([left, right]) => ({
    kernel,
    name: `${a(left).dtype}[${left}] with [${right}]`,
    inputs: [a(left), b(right)],
    run: (x, y) => run(x as tf.Tensor, y as tf.Tensor),
    gradient: gradient && (!unreduced.has(kernel) || `${left}` === `${right}`),
  }))
}

const special = (kernel: string, run: Binary, a: HostArray, b: HostArray): Case => ({
  kernel,
  name: `of special ${a.dtype} values`,
  inputs: [a, b],
  run: (x, y) => run(x as tf.Tensor, y as tf.Tensor),
  gradient: false,
})

const either: Make = shape => uniform(shape)
const positive: Make = shape => uniform(shape, 0.3, 3)
const integer: Make = shape => whole(shape)
const count: Make = shape => whole(shape, 1, 5)

const unusual = [
  list([nan, 1, nan, infinity, -infinity, 0, -0, 5, infinity]),
  list([1, nan, nan, 1, 1, -0, 0, infinity, infinity]),
] as const
const signs = [list([7, -7, 7, -7, 5.5, -5.5, 6, -6, 0]), list([3, 3, -3, -3, 2, 2, 3, 3, 3])] as const
const wholeSigns = [intList([7, -7, 7, -7, 6, -6, 0, 33554433]), intList([3, 3, -3, -3, 3, 3, 3, 2])] as const

const arithmetic: Readonly<Record<string, { readonly run: Binary; readonly b?: Make; readonly whole?: Make }>> = {
  Add: { run: tf.add, whole: integer },
  Sub: { run: tf.sub, whole: integer },
  Multiply: { run: tf.mul, whole: integer },
  RealDiv: { run: tf.div, b: positive },
  Maximum: { run: tf.maximum, whole: integer },
  Minimum: { run: tf.minimum, whole: integer },
  SquaredDifference: { run: tf.squaredDifference, whole: integer },
  Mod: { run: tf.mod, b: positive, whole: count },
}

const comparisons: Readonly<Record<string, Binary>> = {
  Equal: tf.equal,
  NotEqual: tf.notEqual,
  Less: tf.less,
  LessEqual: tf.lessEqual,
  Greater: tf.greater,
  GreaterEqual: tf.greaterEqual,
}

const powers: readonly Case[] = [
  ...pairs('Pow', tf.pow, { a: positive, b: either, gradient: true }),
  ...pairs('Pow', tf.pow, { a: integer, b: shape => whole(shape, 0, 4), gradient: false }),
  {
    kernel: 'Pow',
    name: 'a negative base with whole float exponents',
    inputs: [list([-2, -1.5, 0, 3]), list([3, 2, 2, -2])],
    run: (x, y) => tf.pow(x as tf.Tensor, y as tf.Tensor),
    gradient: true,
  },
  special('Pow', tf.pow, list([-8, 0, nan]), list([1 / 3, 0, 0])),
]

const selection: readonly Case[] = [
  ...broadcastPairs().map(
    ([left, right]): Case => ({
      kernel: 'Select',
      name: `[${left}] or [${right}]`,
      inputs: [flags(left), uniform(left), uniform(right)],
      run: (c, x, y) => tf.where(c as tf.Tensor, x as tf.Tensor, y as tf.Tensor),
      // tfjs has no gradient of Tile, which spreads the sides, at rank 5.
      gradient: left.length < 5 && right.length < 5,
    }),
  ),
  {
    kernel: 'Select',
    name: 'a condition of lower rank broadcasts to the last sides',
    inputs: [flags([3]), uniform([2, 3]), uniform([2, 3])],
    run: (c, x, y) => tf.where(c as tf.Tensor, x as tf.Tensor, y as tf.Tensor),
    gradient: true,
  },
  {
    kernel: 'Select',
    name: 'int32 sides',
    inputs: [flags([2, 2]), whole([2, 2]), whole([])],
    run: (c, x, y) => tf.where(c as tf.Tensor, x as tf.Tensor, y as tf.Tensor),
    gradient: false,
  },
]

export const binaryCases: readonly Case[] = [
  ...Object.entries(arithmetic).flatMap(([kernel, { run, b, whole }]) => [
    ...pairs(kernel, run, { a: either, b: b ?? either, gradient: true }),
    ...(whole ? pairs(kernel, run, { a: integer, b: whole, gradient: false }) : []),
    special(kernel, run, ...unusual),
  ]),
  special('Mod', tf.mod, ...signs),
  special('Mod', tf.mod, ...wholeSigns),
  special('Mod', tf.mod, intList([5, -5]), intList([0, 0])),
  ...pairs('FloorDiv', tf.floorDiv, { a: either, b: positive, gradient: true }),
  ...pairs('FloorDiv', tf.floorDiv, { a: integer, b: count, gradient: false }),
  special('FloorDiv', tf.floorDiv, ...signs),
  special('FloorDiv', tf.floorDiv, ...wholeSigns),
  special('FloorDiv', tf.floorDiv, intList([5, -5]), intList([0, 0])),
  ...Object.entries(comparisons).flatMap(([kernel, run]) => [
    ...pairs(kernel, run, { a: integer, b: integer, gradient: false }),
    special(kernel, run, ...unusual),
    special(kernel, run, flags([6]), flags([6])),
  ]),
  ...Object.entries({ LogicalAnd: tf.logicalAnd, LogicalOr: tf.logicalOr }).flatMap(([kernel, run]) =>
    pairs(kernel, run, { a: flags, b: flags, gradient: false }),
  ),
  ...powers,
  ...selection,
  ...everyRank().map(
    (shape): Case => ({
      kernel: 'AddN',
      name: `three of [${shape}]`,
      inputs: [uniform(shape), uniform(shape), uniform(shape)],
      run: (...terms) => tf.addN([...terms]),
      gradient: true,
    }),
  ),
]
