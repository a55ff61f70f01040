/** Kernels over whole axes: sums, products, softmax, lookups. */
import { apply, type Node, scalar } from '../graph/ir.ts'
import type { ReduceOp } from '../graph/ops.ts'
import { tf } from '../tfjs.ts'
import { as } from './elementwise.ts'
import { type Lowering, one } from './lowering.ts'
import type { Info } from './recorder.ts'

/** An axis counted from the front. */
export const axisOf = (axis: unknown, rank: number): number => (Number(axis) < 0 ? Number(axis) + rank : Number(axis))

/**
 * Bool is reduced as int32, which the runtime wants; a mean is float32 whatever it is of. Unlike tfjs' own backends,
 * the runtime leaves NaN out of a maximum or minimum.
 */
const reduce = (op: ReduceOp): Lowering =>
  one(({ node, attrs }) => {
    const x = node('x')
    // tf.max names its axes otherwise than the rest.
    const wanted = (attrs.axis ?? attrs.reductionIndices ?? null) as number | number[]
    const axes = tf.util.parseAxisParam(wanted, [...x.shape])
    const attributes = { axes, keep: attrs.keepDims === true }
    if (op === 'mean') return apply(op, [as(x, 'float32')], attributes)
    if (x.dtype !== 'bool') return apply(op, [x], attributes)
    return as(apply(op, [as(x, 'int32')], attributes), op === 'sum' ? 'int32' : 'bool')
  })

/** Index of the largest element, the first of equals. */
const largest = (x: Node, axis: unknown): Node =>
  apply('argMax', [x.dtype === 'bool' ? as(x, 'int32') : x], { axis: axisOf(axis, x.shape.length) })

/** Sums rows that have the same id; rows whose id is outside are left out. */
function segmentSum(x: Node, ids: Node, rows: number): Node {
  const inside = apply('and', [
    apply('greaterEqual', [ids, scalar(0, 'int32')]),
    apply('less', [ids, scalar(rows, 'int32')]),
  ])
  const perRow = apply('reshape', [inside], { shape: [...ids.shape, ...x.shape.slice(1).map(() => 1)] })
  const updates = apply('select', [perRow, x, scalar(0, x.dtype)])
  return apply('scatterAdd', [updates, apply('select', [inside, ids, scalar(0, 'int32')])], { rows })
}

export const reductionKernels: Readonly<Record<string, Lowering>> = {
  Sum: reduce('sum'),
  Mean: reduce('mean'),
  Max: reduce('maxOf'),
  Min: reduce('minOf'),
  Prod: reduce('prod'),
  Any: reduce('maxOf'),
  All: reduce('minOf'),
  BatchMatMul: one(({ node, attrs }) =>
    apply('matmul', [node('a'), node('b')], {
      transposeA: attrs.transposeA === true,
      transposeB: attrs.transposeB === true,
    }),
  ),
  Softmax: one(({ node }) => apply('softmax', [node('logits')])),
  ArgMax: one(({ node, attrs }) => largest(node('x'), attrs.axis)),
  ArgMin: one(({ node, attrs }) => largest(apply('neg', [node('x')]), attrs.axis)),
  Cumsum: one(({ node, attrs }) =>
    apply('cumsum', [node('x')], {
      axis: axisOf(attrs.axis, node('x').shape.length),
      exclusive: attrs.exclusive === true,
      reverse: attrs.reverse === true,
    }),
  ),
  GatherV2: one(({ recorder, inputs, node, attrs }) => {
    const [x, indices] = [node('x'), recorder.node(inputs.indices as Info)]
    if (Number(attrs.batchDims ?? 0) !== 0)
      throw new Error('tf.gather with batchDims cannot be compiled; flatten the batch into the gathered axis')
    return apply('gather', [x, indices], { axis: axisOf(attrs.axis, x.shape.length) })
  }),
  UnsortedSegmentSum: one(({ node, attrs }) => segmentSum(node('x'), node('segmentIds'), Number(attrs.numSegments))),
  OneHot: one(({ node, attrs }) =>
    apply('oneHot', [node('indices')], {
      depth: Number(attrs.depth),
      on: Number(attrs.onValue ?? 1),
      off: Number(attrs.offValue ?? 0),
      dtype: (attrs.dtype ?? 'int32') as string,
    }),
  ),
}
