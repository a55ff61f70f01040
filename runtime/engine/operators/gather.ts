/** Positions of the first operand along `axis`, by the indices of the second. */
import { numberOf } from '../graph/types.ts'
import { write } from '../onnx/emitter.ts'
import type { Operator } from './operator.ts'
import { noFlops } from './rules.ts'
import { axisOf, operandOf } from './shapes.ts'

export const gather: Operator = {
  family: 'other',
  infer: (inputs, attributes) => {
    const axis = numberOf(attributes, 'axis')
    const [{ shape, dtype }, indices] = [operandOf(inputs, 0), operandOf(inputs, 1)]
    return { shape: [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)], dtype }
  },
  flops: noFlops,
  memory: 'part',
  rows: ({ attributes }, k) => ((numberOf(attributes, 'axis') === 0) === (k === 1) ? 'rows' : 'whole'),
  emit: ({ attributes }, operands, emitter) =>
    write(emitter, 'Gather', operands, { integers: { axis: numberOf(attributes, 'axis') } }),
  kernels: {
    GatherV2: ({ input, attrs, apply }) => {
      const [x, indices] = [input('x'), input('indices')]
      if (Number(attrs.batchDims ?? 0) !== 0)
        throw new Error('tf.gather with batchDims cannot be compiled; flatten the batch into the gathered axis')
      return apply(gather, [x, indices], { axis: axisOf(attrs.axis, x.shape.length) })
    },
  },
}
