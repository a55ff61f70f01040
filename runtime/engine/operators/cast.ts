/** Conversion to `dtype`. */
import { type DType, dtypeOf } from '../graph/types.ts'
import { write } from '../onnx/emitter.ts'
import { elementTypes } from '../onnx/types.ts'
import type { Operator } from './operator.ts'
import { broadcastRows, noFlops } from './rules.ts'
import { operandOf } from './shapes.ts'

/** A number in a dtype: bool is 0 or 1, int32 is cut towards zero. */
export function castNumber(value: number, dtype: DType): number {
  if (dtype === 'bool') return Number(value !== 0)
  return dtype === 'int32' ? (Int32Array.of(value)[0] ?? 0) : value
}

export const cast: Operator = {
  family: 'elementwise',
  infer: (inputs, attributes) => ({ shape: operandOf(inputs, 0).shape, dtype: dtypeOf(attributes) }),
  flops: noFlops,
  rows: broadcastRows,
  emit: ({ attributes }, operands, emitter) =>
    write(emitter, 'Cast', operands, { integers: { to: elementTypes[dtypeOf(attributes)] } }),
  kernels: {
    Cast: ({ input, attrs, cast, fill, uniform }) => {
      const [x, dtype] = [input('x'), attrs.dtype as DType]
      const value = uniform(x)
      return value === undefined ? cast(x, dtype) : fill(castNumber(value, dtype), { shape: x.shape, dtype })
    },
  },
}
