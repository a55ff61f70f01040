/** Kernels that move elements, and those that make them. */
import { type HostArray, tf } from '../../../runtime/engine/mod.ts'
import { type Case, everyRank, flags, list, uniform, whole } from './case.ts'

type Move = (x: tf.Tensor) => tf.Tensor | tf.Tensor[]

const moved = (kernel: string, name: string, x: HostArray, run: Move): Case => ({
  kernel,
  name: `${x.dtype}[${x.shape}] ${name}`,
  inputs: [x],
  run: x => run(x as tf.Tensor),
  gradient: x.dtype === 'float32',
})

/** The same move of float32, int32 and bool elements. */
const everyType = (kernel: string, name: string, shape: readonly number[], run: Move): Case[] =>
  [uniform, whole, flags].map(make => moved(kernel, name, make(shape), run))

const joined = (kernel: string, name: string, inputs: readonly HostArray[], run: Case['run']): Case => ({
  kernel,
  name,
  inputs,
  run,
  gradient: inputs.every(({ dtype }) => dtype === 'float32'),
})

/** A case without gradients: tfjs has none, or they are not compared. */
const forward = (one: Case): Case => ({ ...one, gradient: false })

const parts: readonly Case[] = [
  ...everyType('Slice', 'from the middle', [4, 5], x => tf.slice(x, [1, 2], [2, 3])),
  moved('Slice', 'by numbers', uniform([4, 5]), x => tf.slice(x, 1, 2)),
  moved('Slice', 'with fewer sides', uniform([4, 5, 2]), x => tf.slice(x, [1, 2], [2])),
  moved('Slice', 'to the end', uniform([4, 1, 3]), x => tf.slice(x, [2, 0, 1], [-1, 1, -1])),
  moved('Slice', 'of nothing', uniform([3]), x => tf.slice(x, [0], [0])),
  ...everyType('StridedSlice', 'with strides', [5, 4], x => tf.stridedSlice(x, [0, 1], [5, 4], [2, 2])).map(forward),
  forward(moved('StridedSlice', 'with masks', uniform([5, 4, 3]), stridedMask)),
  forward(moved('StridedSlice', 'with an ellipsis', uniform([2, 3, 4]), stridedEllipsis)),
  ...everyType('SplitV', 'into three', [6, 2], x => tf.split(x, 3)),
  moved('SplitV', 'by sizes', uniform([2, 7]), x => tf.split(x, [1, 4, 2], 1)),
  moved('SplitV', 'with the rest', uniform([2, 7, 1]), x => tf.split(x, [1, -1, 2], -2)),
  ...everyType('Unpack', 'along 0', [3, 2], x => tf.unstack(x)),
  moved('Unpack', 'along -1', uniform([3, 1, 2]), x => tf.unstack(x, -1)),
  moved('Unpack', 'along 1', uniform([3, 2, 2]), x => tf.unstack(x, 1)),
]

function stridedMask(x: tf.Tensor): tf.Tensor {
  return tf.stridedSlice(x, [1, 1, 2], [4, 3, 3], [1, 1, 1], 1, 2, 0, 0, 4)
}

function stridedEllipsis(x: tf.Tensor): tf.Tensor {
  return tf.stridedSlice(x, [0, 0, 1], [0, 0, 3], [1, 1, 2], 0, 0, 1, 2)
}

const joins: readonly Case[] = [
  joined('Concat', 'along 0', [uniform([2, 3]), uniform([1, 3]), uniform([4, 3])], (...xs) => tf.concat([...xs])),
  joined('Concat', 'along -1', [uniform([2, 3]), uniform([2, 1])], (...xs) => tf.concat([...xs], -1)),
  joined('Concat', 'of int32', [whole([2, 3]), whole([2, 1])], (...xs) => tf.concat([...xs], 1)),
  joined('Concat', 'of bool', [flags([2]), flags([3])], (...xs) => tf.concat([...xs])),
  joined('Concat', 'with nothing', [uniform([0, 3]), uniform([2, 3])], (...xs) => tf.concat([...xs])),
  joined('Pack', 'of scalars', [uniform([]), uniform([]), uniform([])], (...xs) => tf.stack([...xs])),
  joined('Pack', 'along 1', [uniform([2, 3]), uniform([2, 3])], (...xs) => tf.stack([...xs], 1)),
  joined('Pack', 'along -1', [uniform([2, 3]), uniform([2, 3])], (...xs) => tf.stack([...xs], -1)),
  joined('Pack', 'of int32', [whole([2]), whole([2])], (...xs) => tf.stack([...xs])),
]

const spreads: readonly Case[] = [
  ...everyType('Tile', 'by [2, 3]', [2, 3], x => tf.tile(x, [2, 3])),
  moved('Tile', 'of a side of one', uniform([1, 3, 1]), x => tf.tile(x, [4, 1, 2])),
  moved('Tile', 'by one', uniform([2, 3]), x => tf.tile(x, [1, 1])),
  moved('Tile', 'as broadcastTo', uniform([3, 1]), x => tf.broadcastTo(x, [2, 3, 4])),
  moved('Tile', 'as broadcastTo of a scalar', uniform([]), x => tf.broadcastTo(x, [2, 3])),
  ...everyType('PadV2', 'with zeros', [2, 3], x =>
    tf.pad(x, [
      [1, 0],
      [2, 1],
    ]),
  ),
  moved('PadV2', 'with a value', uniform([3]), x => tf.pad(x, [[1, 2]], -1.5)),
  moved('PadV2', 'with -infinity beside +infinity', uniform([2]), x =>
    tf.stack([tf.pad(x, [[1, 0]], Number.NEGATIVE_INFINITY), tf.pad(x, [[1, 0]], Number.POSITIVE_INFINITY)]),
  ),
  moved('PadV2', 'by nothing', uniform([2, 1]), x =>
    tf.pad(x, [
      [0, 0],
      [0, 0],
    ]),
  ),
]

const turns: readonly Case[] = [
  ...everyRank().flatMap((shape): Case[] => {
    const rank = shape.length
    const rotated = shape.map((_, i) => (i + 1) % rank)
    return [
      moved('Transpose', 'reversed', uniform(shape), x => tf.transpose(x)),
      moved('Transpose', `by [${rotated}]`, uniform(shape), x => tf.transpose(x, rotated)),
      moved('Reshape', 'flat', uniform(shape), x => tf.reshape(x, [-1])),
      moved('Identity', 'cloned', uniform(shape), x => tf.clone(x)),
      moved('ExpandDims', 'at 0', uniform(shape), x => tf.expandDims(x, 0)),
      moved('ExpandDims', 'at -1', uniform(shape), x => tf.expandDims(x, -1)),
    ].filter(({ kernel }) => kernel !== 'Transpose' || rank > 1)
  }),
  moved('ExpandDims', 'at -2', uniform([2, 3]), x => tf.expandDims(x, -2)),
  moved('Reshape', 'after a transpose', uniform([2, 3, 4]), x => tf.reshape(tf.transpose(x, [2, 0, 1]), [4, 6])),
  moved('Transpose', 'and back', uniform([2, 3, 4]), x => tf.transpose(tf.transpose(x, [2, 0, 1]), [1, 2, 0])),
  ...everyType('Transpose', 'turned', [2, 3], x => tf.transpose(x)),
  ...everyType('Reverse', 'along 1', [2, 3], x => tf.reverse(x, 1)),
  moved('Reverse', 'everywhere', uniform([2, 1, 3]), x => tf.reverse(x)),
  moved('Reverse', 'along -1', uniform([2, 3]), x => tf.reverse(x, [-1])),
]

const made: readonly Case[] = [
  ...[list([1, -2, Number.POSITIVE_INFINITY]), uniform([2, 2]), whole([3]), uniform([1])].map(x =>
    forward(moved('Diag', 'on the diagonal', x, x => tf.diag(x))),
  ),
  ...(
    [
      [0, 5, 1],
      [2, 3.1, 0.25],
      [5, 0, -1.5],
      [5, 0, 1],
      [0, 5, -1],
      [3, 3, 1],
    ] as const
  ).flatMap(([start, stop, step]) =>
    (['float32', 'int32'] as const)
      .filter(dtype => dtype === 'float32' || Number.isInteger(step))
      .map(
        (dtype): Case => ({
          kernel: 'Range',
          name: `${dtype} from ${start} to ${stop} by ${step}`,
          inputs: [],
          run: () => tf.range(start, stop, step, dtype),
          gradient: false,
        }),
      ),
  ),
  moved('Fill', 'added', uniform([2, 3]), x => tf.add(x, tf.fill([3], 2.5))),
  moved('Fill', 'as int32', whole([2, 3]), x => tf.add(x, tf.fill([3], -2, 'int32'))),
  forward(
    moved('Fill', 'alone', uniform([1]), () => [tf.fill([2, 2], -0), tf.fill([2], 7, 'int32'), tf.fill([], 1, 'bool')]),
  ),
]

export const layoutCases: readonly Case[] = [...parts, ...joins, ...spreads, ...turns, ...made]
