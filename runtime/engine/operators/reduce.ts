/** Reductions over `axes`; `keep` leaves sides of one. */
import { flagOf, listOf } from '../graph/types.ts'
import { write } from '../onnx/emitter.ts'
import type { Kernel, Operator } from './operator.ts'
import { flopsPerOperandElement, rowsIf } from './rules.ts'
import { operandOf, reducedShape } from './shapes.ts'

interface ReduceOptions {
  /** Kernels of tfjs, and the dtype that each gives of bool. */
  readonly kernels: Readonly<Record<string, 'bool' | 'int32'>>
  /** True if the kernels give float32 for every dtype. */
  readonly isFloat?: boolean
  readonly linearIn?: Operator['linearIn']
}

/**
 * Bool is reduced as int32, which the runtime wants. Unlike tfjs' own backends, the runtime leaves NaN out of a maximum or
 * minimum.
 */
function reduction(type: string, { kernels, isFloat, linearIn }: ReduceOptions): Operator {
  const lower =
    (ofBool: 'bool' | 'int32'): Kernel =>
    ({ tf, attrs, input, cast, apply }) => {
      const x = input('x')
      // tf.max names its axes differently from the others.
      const wanted = (attrs.axis ?? attrs.reductionIndices ?? null) as number | number[]
      const attributes = { axes: tf.util.parseAxisParam(wanted, [...x.shape]), keep: attrs.keepDims === true }
      if (isFloat) return apply(operator, [cast(x, 'float32')], attributes)
      if (x.dtype !== 'bool') return apply(operator, [x], attributes)
      return cast(apply(operator, [cast(x, 'int32')], attributes), ofBool)
    }
  const operator: Operator = {
    family: 'reduction',
    infer: (inputs, attributes) => {
      const { shape, dtype } = operandOf(inputs, 0)
      return { shape: reducedShape(shape, listOf(attributes, 'axes'), flagOf(attributes, 'keep')), dtype }
    },
    flops: flopsPerOperandElement,
    rows: ({ attributes }) => rowsIf(!listOf(attributes, 'axes').includes(0)),
    emit: ({ attributes }, operands, emitter) => {
      const axes = emitter.int64(listOf(attributes, 'axes'))
      const integers = { keepdims: Number(flagOf(attributes, 'keep')), noop_with_empty_axes: 1 }
      return write(emitter, type, [...operands, axes], { integers })
    },
    ...(linearIn && { linearIn }),
    kernels: Object.fromEntries(Object.entries(kernels).map(([name, ofBool]) => [name, lower(ofBool)])),
  }
  return operator
}

export const sum = reduction('ReduceSum', { kernels: { Sum: 'int32' }, linearIn: 'each' })
export const mean = reduction('ReduceMean', { kernels: { Mean: 'int32' }, isFloat: true, linearIn: 'each' })
export const maxOf = reduction('ReduceMax', { kernels: { Max: 'bool', Any: 'bool' } })
export const minOf = reduction('ReduceMin', { kernels: { Min: 'bool', All: 'bool' } })
export const prod = reduction('ReduceProd', { kernels: { Prod: 'bool' } })
