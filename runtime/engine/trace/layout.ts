/** Kernels of tfjs that move elements by several operators or none, and those that make elements. */

import { apply, constant, fill, type Node, scalar } from '../graph/ir.ts'
import { sizeOf } from '../graph/types.ts'
import { selectBetween } from '../operators/select.ts'
import { axisOf } from '../operators/shapes.ts'
import { tf } from '../tfjs.ts'
import { nodeBuilder } from './elementwise.ts'
import { type Lowering, type LoweringCall, nodesOf, one } from './lowering.ts'
import { graphDType, type Info } from './recorder.ts'

const slice = (x: Node, starts: readonly number[], sizes: readonly number[], strides = starts.map(() => 1)): Node =>
  apply('slice', [x], { starts, sizes, strides })

function reverse(x: Node, axis: number): Node {
  const length = x.shape[axis] ?? 0
  const indices = constant(
    Int32Array.from({ length }, (_, i) => length - 1 - i),
    { shape: [length], dtype: 'int32' },
  )
  return apply('gather', [x, indices], { axis })
}

/** `tf.split`: sizes or a count along an axis. */
function split(call: LoweringCall): Info[] {
  const x = call.node('x')
  const axis = axisOf(call.attrs.axis, x.shape.length)
  const sides = tf.backend_util.prepareSplitSize(
    call.inputs.x as tf.Tensor,
    call.attrs.numOrSizeSplits as number | number[],
    axis,
  )
  let start = 0
  return sides.map(side => {
    const starts = x.shape.map((_, i) => (i === axis ? start : 0))
    start += side
    return call.recorder.record(
      slice(
        x,
        starts,
        x.shape.map((length, i) => (i === axis ? side : length)),
      ),
    )
  })
}

/** `tf.unstack`: one result for each index of an axis, without that axis. */
function unpack(call: LoweringCall): Info[] {
  const value = call.node('value')
  const axis = axisOf(call.attrs.axis, value.shape.length)
  const shape = value.shape.filter((_, i) => i !== axis)
  const sizes = value.shape.map((length, i) => (i === axis ? 1 : length))
  return Array.from({ length: value.shape[axis] ?? 0 }, (_, index) => {
    const starts = value.shape.map((_, i) => (i === axis ? index : 0))
    return call.recorder.record(apply('reshape', [slice(value, starts, sizes)], { shape }))
  })
}

/** `tf.stack`: the parts along a new axis. */
function pack(call: LoweringCall): Node {
  const parts = nodesOf(call)
  const axis = axisOf(call.attrs.axis, (parts[0]?.shape.length ?? 0) + 1)
  const raised = parts.map(part =>
    apply('reshape', [part], { shape: [...part.shape.slice(0, axis), 1, ...part.shape.slice(axis)] }),
  )
  return apply('concat', raised, { axis })
}

/** The elements on the diagonal of a matrix over the flat indices, zeros elsewhere. */
function diag(x: Node): Node {
  const length = sizeOf(x.shape)
  const eye = constant(
    Uint8Array.from({ length: length * length }, (_, i) => Number(i % (length + 1) === 0)),
    { shape: [length, length], dtype: 'bool' },
  )
  const flat = apply('reshape', [x], { shape: [length] })
  return apply('reshape', [selectBetween(nodeBuilder, eye, flat, scalar(0, x.dtype))], {
    shape: [...x.shape, ...x.shape],
  })
}

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

/** As tfjs counts: a step of one goes down where `stop` is below `start`. */
function range({ start, stop, step, dtype }: RangeAttributes): Node {
  const by = stop < start && step === 1 ? -1 : step
  const values = Array.from({ length: Math.max(0, Math.ceil((stop - start) / by)) }, (_, i) => start + i * by)
  const data = dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values)
  return constant(data, { shape: [values.length], dtype })
}

interface RangeAttributes {
  readonly start: number
  readonly stop: number
  readonly step: number
  readonly dtype: 'float32' | 'int32'
}

function strided({ node, attrs }: LoweringCall): Node {
  const x = node('x')
  const list = (name: string) => attrs[name] as number[]
  const info = tf.slice_util.sliceInfo(
    [...x.shape],
    list('begin'),
    list('end'),
    list('strides'),
    Number(attrs.beginMask),
    Number(attrs.endMask),
    Number(attrs.ellipsisMask),
    Number(attrs.newAxisMask),
    Number(attrs.shrinkAxisMask),
  )
  if (info.strides.some(stride => stride < 1))
    throw new Error('tf.stridedSlice with negative strides cannot be compiled; use tf.reverse')
  const sizes = tf.slice_util.computeOutShape(info.begin, info.end, info.strides)
  return apply('reshape', [slice(x, info.begin, sizes, info.strides)], { shape: info.finalShape })
}

export const layoutKernels: Record<string, Lowering> = {
  Identity: ({ inputs, recorder }) => recorder.alias(inputs.x as Info, [...(inputs.x as Info).shape]),
  Reshape: ({ inputs, recorder, attrs }) => {
    const x = inputs.x as Info
    return recorder.alias(x, tf.util.inferFromImplicitShape(attrs.shape as number[], tf.util.sizeFromShape(x.shape)))
  },
  ExpandDims: ({ inputs, recorder, attrs }) => {
    const x = inputs.input as Info
    const dim = Number(attrs.dim)
    const at = dim < 0 ? x.shape.length + 1 + dim : dim
    if (at < 0 || at > x.shape.length) throw new Error(`A side cannot be put at ${dim} of [${x.shape}]`)
    return recorder.alias(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)])
  },
  Pack: one(pack),
  Unpack: unpack,
  SplitV: split,
  StridedSlice: one(strided),
  Reverse: one(({ node, attrs }) => {
    const x = node('x')
    return tf.util.parseAxisParam(attrs.dims as number[], [...x.shape]).reduce(reverse, x)
  }),
  UnsortedSegmentSum: one(({ node, attrs }) => segmentSum(node('x'), node('segmentIds'), Number(attrs.numSegments))),
  Diag: one(({ node }) => diag(node('x'))),
  ZerosLike: one(({ node }) => fill(0, node('x'))),
  OnesLike: one(({ node }) => fill(1, node('x'))),
  Fill: one(({ attrs }) => {
    const dtype = graphDType((attrs.dtype ?? 'float32') as tf.DataType)
    return fill(Number(attrs.value), { shape: attrs.shape as number[], dtype })
  }),
  Range: one(({ attrs }) => {
    const { start, stop, step, dtype } = attrs as unknown as RangeAttributes
    return range({ start, stop, step, dtype })
  }),
}
