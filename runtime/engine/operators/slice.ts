/** A part of each side: `sizes` elements from `starts` on, `strides` apart. */
import { type Attributes, listOf, type TensorType } from '../graph/types.ts'
import { write } from '../onnx/emitter.ts'
import type { Operator } from './operator.ts'
import { noFlops, rowsIf } from './rules.ts'
import { operandOf } from './shapes.ts'

function slicedShape(type: TensorType, attributes: Attributes): readonly number[] {
  const starts = listOf(attributes, 'starts')
  const sizes = listOf(attributes, 'sizes')
  const strides = listOf(attributes, 'strides')
  type.shape.forEach((length, i) => {
    const [start, count] = [starts[i] ?? 0, sizes[i] ?? 0]
    const end = count === 0 ? start : start + (count - 1) * (strides[i] ?? 1) + 1
    if (start < 0 || count < 0 || end > length) throw new Error(`a slice at [${starts}] of [${sizes}] leaves the shape`)
  })
  return sizes
}

export const slice: Operator = {
  family: 'other',
  infer: (inputs, attributes) => {
    const x = operandOf(inputs, 0)
    return { shape: slicedShape(x, attributes), dtype: x.dtype }
  },
  flops: noFlops,
  memory: 'part',
  rows: ({ inputs, shape, attributes }) =>
    rowsIf(inputs[0]?.shape[0] === shape[0] && listOf(attributes, 'strides')[0] === 1),
  shapeAttribute: 'sizes',
  emit: ({ inputs, attributes }, operands, emitter) => {
    const [starts, sizes, strides] = [
      listOf(attributes, 'starts'),
      listOf(attributes, 'sizes'),
      listOf(attributes, 'strides'),
    ]
    const touched = starts.flatMap((start, i) => (start === 0 && sizes[i] === inputs[0]?.shape[i] ? [] : [i]))
    if (touched.length === 0) return operands[0] ?? ''
    const pick = (list: readonly number[]) => emitter.int64(touched.map(axis => list[axis] ?? 0))
    const ends = starts.map((start, i) => start + (sizes[i] ?? 0) * (strides[i] ?? 1))
    return write(emitter, 'Slice', [...operands, pick(starts), pick(ends), emitter.int64(touched), pick(strides)])
  },
  kernels: {
    Slice: ({ tf, input, attrs, apply }) => {
      const x = input('x')
      const info = { dataId: {}, shape: [...x.shape], dtype: x.dtype }
      const [starts = [], sizes = []] = tf.slice_util.parseSliceParams(
        info,
        attrs.begin as number[],
        attrs.size as number[],
      )
      return apply(slice, [x], { starts, sizes, strides: starts.map(() => 1) })
    },
  },
}
