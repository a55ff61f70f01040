/** Kernels that move elements without computing. */

import { apply, constant, fill, type Node } from '../graph/ir.ts'
import { tf } from '../tfjs.ts'
import { type Call, type Lowering, one } from './lowering.ts'
import type { Info } from './recorder.ts'

const nodesOf = ({ inputs, recorder }: Call): Node[] => Object.values(inputs).map(info => recorder.node(info as Info))

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
function split(call: Call): Info[] {
  const x = call.node('x')
  const axis = tf.util.parseAxisParam(call.attrs.axis as number, [...x.shape])[0] ?? 0
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
function unpack(call: Call): Info[] {
  const value = call.node('value')
  const axis = Number(call.attrs.axis)
  const shape = value.shape.filter((_, i) => i !== axis)
  return Array.from({ length: value.shape[axis] ?? 0 }, (_, index) => {
    const starts = value.shape.map((_, i) => (i === axis ? index : 0))
    const part = slice(
      value,
      starts,
      value.shape.map((length, i) => (i === axis ? 1 : length)),
    )
    return call.recorder.record(apply('reshape', [part], { shape }))
  })
}

function strided({ node, attrs }: Call): Node {
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
    return recorder.alias(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)])
  },
  Transpose: one(({ node, attrs }) => apply('transpose', [node('x')], { perm: attrs.perm as number[] })),
  BroadcastTo: one(({ node, attrs }) => apply('broadcast', [node('x')], { shape: attrs.shape as number[] })),
  Tile: one(({ node, attrs }) => apply('tile', [node('x')], { repeats: attrs.reps as number[] })),
  Concat: one(call => {
    const parts = nodesOf(call)
    return apply('concat', parts, {
      axis: tf.util.parseAxisParam(call.attrs.axis as number, [...(parts[0]?.shape ?? [])])[0] ?? 0,
    })
  }),
  Pack: one(call => {
    const axis = Number(call.attrs.axis)
    const parts = nodesOf(call).map(part =>
      apply('reshape', [part], { shape: [...part.shape.slice(0, axis), 1, ...part.shape.slice(axis)] }),
    )
    return apply('concat', parts, { axis })
  }),
  Unpack: unpack,
  SplitV: split,
  Slice: one(({ node, attrs }) => {
    const x = node('x')
    const starts = attrs.begin as number[]
    const sizes = (attrs.size as number[]).map((size, i) => (size === -1 ? (x.shape[i] ?? 0) - (starts[i] ?? 0) : size))
    return slice(x, starts, sizes)
  }),
  StridedSlice: one(strided),
  PadV2: one(({ node, attrs }) => {
    const paddings = attrs.paddings as [number, number][]
    return apply('pad', [node('x')], {
      before: paddings.map(pair => pair[0]),
      after: paddings.map(pair => pair[1]),
      value: Number(attrs.constantValue ?? 0),
    })
  }),
  Reverse: one(({ node, attrs }) => {
    const x = node('x')
    return tf.util.parseAxisParam(attrs.dims as number[], [...x.shape]).reduce(reverse, x)
  }),
  Diag: one(({ node }) => {
    const x = node('x')
    const length = x.shape[0] ?? 0
    const eye = constant(
      Float32Array.from({ length: length * length }, (_, i) => (i % (length + 1) === 0 ? 1 : 0)),
      { shape: [length, length], dtype: 'float32' },
    )
    return length === 0 ? fill(0, { shape: [0, 0], dtype: 'float32' }) : apply('mul', [eye, x])
  }),
}
