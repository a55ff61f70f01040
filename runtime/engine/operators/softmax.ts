/** Softmax over the last side. */
import { write } from '../onnx/emitter.ts'
import type { Operator } from './operator.ts'
import { flopsPerElement, lastSideRows } from './rules.ts'
import { operandOf } from './shapes.ts'

export const softmax: Operator = {
  family: 'lastSide',
  infer: inputs => operandOf(inputs, 0),
  flops: flopsPerElement(5),
  rows: lastSideRows,
  emit: (_, operands, emitter) => write(emitter, 'Softmax', operands, { integers: { axis: -1 } }),
  kernels: { Softmax: ({ input, apply }) => apply(softmax, [input('logits')]) },
}
