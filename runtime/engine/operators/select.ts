/** The second operand where the first, a condition, holds, the third elsewhere; all broadcast. */
import type { TensorType } from '../graph/types.ts'
import { write } from '../onnx/emitter.ts'
import type { Operator, ValueBuilder } from './operator.ts'
import { broadcastRows, noFlops } from './rules.ts'
import { broadcastShapes, operandOf, sharedDType } from './shapes.ts'

/** `a` where `condition` holds, `b` elsewhere; bool as int32, as the runtime selects between numbers only. */
export function selectBetween<Value extends TensorType>(
  { apply, cast }: ValueBuilder<Value>,
  condition: Value,
  a: Value,
  b: Value,
): Value {
  if (a.dtype !== 'bool') return apply(select, [condition, a, b])
  return cast(apply(select, [condition, cast(a, 'int32'), cast(b, 'int32')]), 'bool')
}

export const select: Operator = {
  family: 'elementwise',
  infer: inputs => {
    const [condition, a, b] = [operandOf(inputs, 0), operandOf(inputs, 1), operandOf(inputs, 2)]
    return {
      shape: broadcastShapes(condition.shape, broadcastShapes(a.shape, b.shape)),
      dtype: sharedDType(a, b),
    }
  },
  flops: noFlops,
  rows: broadcastRows,
  emit: (_, operands, emitter) => write(emitter, 'Where', operands),
  kernels: { Select: call => selectBetween(call, call.input('condition'), call.input('t'), call.input('e')) },
}
