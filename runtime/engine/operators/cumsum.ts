/** Running sums along `axis`: `exclusive` of the element itself, `reverse` from the end. */
import { flagOf, numberOf } from '../graph/types.ts'
import { write } from '../onnx/emitter.ts'
import type { Operator } from './operator.ts'
import { flopsPerOperandElement, rowsIf } from './rules.ts'
import { axisOf, operandOf } from './shapes.ts'

export const cumsum: Operator = {
  family: 'other',
  infer: inputs => operandOf(inputs, 0),
  flops: flopsPerOperandElement,
  rows: ({ attributes }) => rowsIf(numberOf(attributes, 'axis') !== 0),
  emit: ({ attributes }, operands, emitter) => {
    const integers = {
      exclusive: Number(flagOf(attributes, 'exclusive')),
      reverse: Number(flagOf(attributes, 'reverse')),
    }
    return write(emitter, 'CumSum', [...operands, emitter.int64([numberOf(attributes, 'axis')], true)], { integers })
  },
  kernels: {
    Cumsum: ({ input, attrs, apply }) => {
      const x = input('x')
      return apply(cumsum, [x], {
        axis: axisOf(attrs.axis, x.shape.length),
        exclusive: attrs.exclusive === true,
        reverse: attrs.reverse === true,
      })
    },
  },
}
