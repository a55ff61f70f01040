/** `before` and `after` elements of `value` at the ends of each side. */
import { listOf, numberOf } from '../graph/types.ts'
import { write, writeFill } from '../onnx/emitter.ts'
import type { Operator } from './operator.ts'
import { noFlops, rowsIf } from './rules.ts'
import { operandOf } from './shapes.ts'

export const pad: Operator = {
  family: 'other',
  infer: (inputs, attributes) => {
    const [before, after] = [listOf(attributes, 'before'), listOf(attributes, 'after')]
    const { shape, dtype } = operandOf(inputs, 0)
    return { shape: shape.map((length, i) => length + (before[i] ?? 0) + (after[i] ?? 0)), dtype }
  },
  flops: noFlops,
  rows: ({ inputs, shape, attributes }) =>
    rowsIf(inputs[0]?.shape[0] === shape[0] && listOf(attributes, 'before')[0] === 0),
  emit: ({ dtype, attributes }, operands, emitter) => {
    const pads = emitter.int64([...listOf(attributes, 'before'), ...listOf(attributes, 'after')])
    const value = writeFill(emitter, { shape: [], dtype }, numberOf(attributes, 'value'))
    return write(emitter, 'Pad', [...operands, pads, value])
  },
  kernels: {
    PadV2: ({ input, attrs, apply }) => {
      const paddings = attrs.paddings as [number, number][]
      return apply(pad, [input('x')], {
        before: paddings.map(pair => pair[0]),
        after: paddings.map(pair => pair[1]),
        value: Number(attrs.constantValue ?? 0),
      })
    },
  },
}
