/** Sides in the order `perm`. */
import { listOf } from '../graph/types.ts'
import { write } from '../onnx/emitter.ts'
import type { Operator } from './operator.ts'
import { noFlops, rowsIf } from './rules.ts'
import { operandOf, sideOf } from './shapes.ts'

export const transpose: Operator = {
  family: 'transpose',
  infer: (inputs, attributes) => {
    const x = operandOf(inputs, 0)
    return { shape: listOf(attributes, 'perm').map(axis => sideOf(x, axis)), dtype: x.dtype }
  },
  flops: noFlops,
  rows: ({ attributes }) => rowsIf(listOf(attributes, 'perm')[0] === 0),
  linearIn: 'each',
  emit: ({ attributes }, operands, emitter) =>
    write(emitter, 'Transpose', operands, { integerLists: { perm: listOf(attributes, 'perm') } }),
  kernels: {
    Transpose: ({ input, attrs, apply }) => apply(transpose, [input('x')], { perm: attrs.perm as number[] }),
  },
}
