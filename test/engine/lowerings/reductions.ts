/** Reductions, products, softmax, gathers. */
import { type HostArray, tf } from '../../../runtime/engine/mod.ts'
import { type Case, everyRank, flags, intList, list, random, type Shape, uniform, whole } from './case.ts'

type Reduce = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number

/** All axes, none, the first, the last by a negative number, and two, with and without keeping sides. */
function axesOf(rank: number): readonly (number | number[] | undefined)[] {
  if (rank === 0) return [undefined, []]
  return [undefined, [], 0, -1, ...(rank > 1 ? [[0, -1]] : [])]
}

function reductions(kernel: string, run: Reduce, make: (shape: Shape) => HostArray, gradient: boolean): Case[] {
  return everyRank().flatMap(shape =>
    axesOf(shape.length).flatMap(axis =>
      [false, true].map((keep): Case => {
        const x = make(shape)
        return {
          kernel,
          name: `${x.dtype}[${shape}] over ${axis === undefined ? 'all' : `[${axis}]`}${keep ? ', kept' : ''}`,
          inputs: [x],
          run: x => run(x as tf.Tensor, axis, keep),
          gradient,
        }
      }),
    ),
  )
}

const single = (kernel: string, name: string, x: HostArray, run: (x: tf.Tensor) => tf.Tensor): Case => ({
  kernel,
  name,
  inputs: [x],
  run: x => run(x as tf.Tensor),
  gradient: false,
})

const withNan = list([1, nan, 3, 4, 5, nan, -infinity, infinity, 2, nan, nan, nan], [4, 3])
const ties = list([3, 1, 3, 0, 0, -1, 2, 2, 2], [3, 3])

const sums: readonly Case[] = [
  ...reductions('Sum', tf.sum, uniform, true),
  ...reductions('Sum', tf.sum, whole, false),
  ...reductions('Sum', tf.sum, flags, false),
  ...reductions('Mean', tf.mean, uniform, true),
  ...reductions('Mean', tf.mean, whole, false),
  ...reductions('Max', tf.max, uniform, true),
  ...reductions('Max', tf.max, whole, false),
  ...reductions('Min', tf.min, uniform, true),
  ...reductions('Min', tf.min, whole, false),
  // tfjs' gradient of Prod calls Cumprod, which has no lowering.
  ...reductions('Prod', tf.prod, uniform, false),
  ...reductions('Prod', tf.prod, whole, false),
  ...reductions('Any', tf.any, flags, false),
  ...reductions('All', tf.all, flags, false),
  single('Max', 'ties share the gradient whole', ties, x => tf.grad(y => tf.max(y, 1))(x)),
  single('Sum', 'of NaN', withNan, x => tf.sum(x, 1)),
  single('Max', 'of bool', flags([3, 4]), x => tf.max(x, 1)),
  single('Mean', 'of bool', flags([3, 4]), x => tf.mean(x, 1)),
  single('Sum', 'of a constant', list([1]), x => tf.mul(x, tf.sum(tf.fill([3, 2], 1.5), 0))),
  single('Mean', 'of an int32 constant', list([1]), x => tf.mul(x, tf.mean(tf.fill([3, 2], 2, 'int32'), 0))),
]

const positions: readonly Case[] = [
  ...Object.entries({ ArgMax: tf.argMax, ArgMin: tf.argMin }).flatMap(([kernel, run]) => [
    ...everyRank()
      .filter(shape => shape.length > 0)
      .flatMap(shape => [
        single(kernel, `[${shape}] along 0`, uniform(shape), x => run(x, 0)),
        single(kernel, `[${shape}] along -1`, whole(shape), x => run(x, -1)),
      ]),
    single(kernel, 'the first of ties', ties, x => run(x, 1)),
    single(kernel, 'the first of int32 ties', intList([-3, 4, 4, -3]), x => run(x, 0)),
  ]),
]

const products: readonly Case[] = (
  [
    [[2, 3], [3, 4], false, false],
    [[3, 2], [3, 4], true, false],
    [[2, 3], [4, 3], false, true],
    [[3, 2], [4, 3], true, true],
    [[1, 1], [1, 5], false, false],
    [[2, 2, 3], [2, 3, 4], false, false],
    [[2, 3, 2], [2, 4, 3], true, true],
    [[1, 2, 3], [5, 4, 3], false, true],
    [[5, 3, 2], [1, 3, 4], true, false],
    [[2, 3, 2, 3], [2, 3, 3, 2], false, false],
    [[1, 1, 2, 2, 3], [1, 1, 2, 3, 2], false, false],
    [[2, 3], [4, 3, 2], false, false],
  ] as const
).map(
  ([a, b, transposeA, transposeB]): Case => ({
    kernel: 'BatchMatMul',
    name: `[${a}]${transposeA ? "'" : ''} x [${b}]${transposeB ? "'" : ''}`,
    inputs: [uniform(a), uniform(b)],
    run: (x, y) => tf.matMul(x as tf.Tensor, y as tf.Tensor, transposeA, transposeB),
    // tfjs' gradient lacks the sum over broadcast sides.
    gradient: `${a.slice(0, -2)}` === `${b.slice(0, -2)}`,
  }),
)

const rows: readonly Case[] = [
  ...everyRank()
    .filter(shape => shape.length > 0)
    .flatMap((shape): Case[] => [
      {
        kernel: 'Softmax',
        name: `[${shape}]`,
        inputs: [uniform(shape)],
        run: x => tf.softmax(x as tf.Tensor),
        gradient: true,
      },
      ...[false, true].flatMap(exclusive =>
        [false, true].map((reverse): Case => {
          const axis = random.below(shape.length)
          return {
            kernel: 'Cumsum',
            name: `[${shape}] along ${axis}${exclusive ? ', exclusive' : ''}${reverse ? ', reversed' : ''}`,
            inputs: [uniform(shape)],
            run: x => tf.cumsum(x as tf.Tensor, axis, exclusive, reverse),
            // tfjs' gradient is right along the last axis only.
            gradient: axis === shape.length - 1,
          }
        }),
      ),
    ]),
  single('Cumsum', 'of int32', whole([3, 4]), x => tf.cumsum(x, 1)),
  single('Softmax', 'of large logits', list([1000, -1000, 999, 0]), x => tf.softmax(x)),
]

const gather = (shape: Shape, indices: HostArray, axis: number): Case => ({
  kernel: 'GatherV2',
  name: `[${shape}] by [${indices.shape}] along ${axis}`,
  inputs: [uniform(shape), indices],
  run: (x, i) => tf.gather(x as tf.Tensor, i as tf.Tensor1D, axis),
  gradient: true,
})

const segments = (shape: Shape, count: number): Case => ({
  kernel: 'UnsortedSegmentSum',
  name: `[${shape}] into ${count}`,
  inputs: [uniform(shape), whole([shape[0] ?? 0], 0, count)],
  run: (x, ids) => tf.unsortedSegmentSum(x as tf.Tensor, ids as tf.Tensor1D, count),
  gradient: true,
})

const lookups: readonly Case[] = [
  gather([5], whole([4], 0, 5), 0),
  gather([5, 3], whole([], 0, 5), 0),
  gather([5, 3], whole([2, 3], 0, 5), 0),
  gather([5, 3], whole([7], 0, 3), 1),
  gather([2, 5, 3], whole([4], 0, 5), 1),
  gather([2, 5, 3], whole([2, 2], 0, 3), -1),
  gather([1, 2, 1, 4, 2], whole([3], 0, 4), 3),
  gather([4, 8], whole([4000], 0, 4), 0),
  segments([6], 3),
  segments([6, 2], 4),
  segments([5, 1, 3], 1),
  segments([3000, 4], 2),
  {
    kernel: 'UnsortedSegmentSum',
    name: 'ids outside drop their rows',
    inputs: [uniform([4, 2]), intList([-1, 1, -3, 1])],
    run: (x, ids) => tf.unsortedSegmentSum(x as tf.Tensor, ids as tf.Tensor1D, 3),
    gradient: true,
  },
  single('UnsortedSegmentSum', 'ids beyond the last drop their rows', uniform([3]), x =>
    tf.unsortedSegmentSum(x, tf.tensor1d([7, 1, 2], 'int32'), 2),
  ),
  single('GatherV2', 'of int32', whole([4, 2]), x => tf.gather(x, tf.tensor1d([3, 0, 0], 'int32'))),
  single('GatherV2', 'of bool', flags([4, 2]), x => tf.gather(x, tf.tensor1d([3, 0, 0], 'int32'))),
  ...([[3], [2, 1], [2, 3, 2]] as const).flatMap(shape => [
    single('OneHot', `[${shape}]`, whole(shape, -1, 5), x => tf.oneHot(x, 4)),
    single('OneHot', `[${shape}], float with own values`, whole(shape, 0, 4), x =>
      tf.oneHot(x, 4, 0.9, 0.1, 'float32'),
    ),
  ]),
]

export const reductionCases: readonly Case[] = [...sums, ...positions, ...products, ...rows, ...lookups]
