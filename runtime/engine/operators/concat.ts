/** The operands side by side along `axis`. */
import { numberOf } from '../graph/types.ts'
import { write } from '../onnx/emitter.ts'
import type { Operator } from './operator.ts'
import { noFlops, rowsIf } from './rules.ts'
import { axisOf, operandOf, sideOf } from './shapes.ts'

export const concat: Operator = {
  family: 'other',
  infer: (inputs, attributes) => {
    const axis = numberOf(attributes, 'axis')
    const total = inputs.reduce((sum, type) => sum + sideOf(type, axis), 0)
    const first = operandOf(inputs, 0)
    for (const { shape, dtype } of inputs) {
      if (dtype !== first.dtype) throw new Error(`dtypes ${first.dtype} and ${dtype} differ`)
      if (shape.length !== first.shape.length || shape.some((length, i) => i !== axis && length !== first.shape[i]))
        throw new Error(`[${first.shape}] and [${shape}] differ beside axis ${axis}`)
    }
    return { shape: first.shape.map((length, i) => (i === axis ? total : length)), dtype: first.dtype }
  },
  flops: noFlops,
  rows: ({ attributes }) => rowsIf(numberOf(attributes, 'axis') !== 0),
  emit: ({ attributes }, operands, emitter) =>
    write(emitter, 'Concat', operands, { integers: { axis: numberOf(attributes, 'axis') } }),
  kernels: {
    Concat: ({ inputs, attrs, apply }) => {
      const parts = inputs()
      return apply(concat, parts, { axis: axisOf(attrs.axis, parts[0]?.shape.length ?? 0) })
    },
  },
}
