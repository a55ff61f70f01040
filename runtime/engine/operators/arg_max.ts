/** Index along `axis` of the largest element, the first of equals, as int32. */
import { numberOf, type TensorType } from '../graph/types.ts'
import { write } from '../onnx/emitter.ts'
import { elementTypes } from '../onnx/types.ts'
import type { KernelCall, Operator } from './operator.ts'
import { flopsPerOperandElement, rowsIf } from './rules.ts'
import { axisOf, operandOf, reducedShape } from './shapes.ts'
import { neg } from './unary.ts'

function largest<Value extends TensorType>(x: Value, { attrs, cast, apply }: KernelCall<Value>): Value {
  return apply(argMax, [x.dtype === 'bool' ? cast(x, 'int32') : x], { axis: axisOf(attrs.axis, x.shape.length) })
}

export const argMax: Operator = {
  family: 'other',
  infer: (inputs, attributes) => ({
    shape: reducedShape(operandOf(inputs, 0).shape, [numberOf(attributes, 'axis')], false),
    dtype: 'int32',
  }),
  flops: flopsPerOperandElement,
  rows: ({ attributes }) => rowsIf(numberOf(attributes, 'axis') !== 0),
  emit: ({ attributes }, operands, emitter) => {
    const integers = { axis: numberOf(attributes, 'axis'), keepdims: 0 }
    const index = write(emitter, 'ArgMax', operands, { integers })
    return write(emitter, 'Cast', [index], { integers: { to: elementTypes.int32 } })
  },
  kernels: {
    ArgMax: call => largest(call.input('x'), call),
    ArgMin: call => largest(call.apply(neg, [call.input('x')]), call),
  },
}
