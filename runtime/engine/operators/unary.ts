/** Elementwise operators on one operand. */

import type { TensorType } from '../graph/types.ts'
import { write } from '../onnx/emitter.ts'
import type { Kernel, Operator, ValueBuilder } from './operator.ts'
import { broadcastRows, flopsPerElement } from './rules.ts'
import { operandOf } from './shapes.ts'

interface UnaryOptions {
  /** Name of the tfjs kernel; `null` where only passes make the operator. @default the ONNX type */
  readonly kernel?: string | null
  /** The result of the kernel for int32: computed as float32, computed as int32, or the operand itself. @default 'float' */
  readonly integers?: 'float' | 'own' | 'same'
  readonly domain?: string
  /** Operations for each element. @default 1 */
  readonly flops?: number
  readonly linearIn?: Operator['linearIn']
}

/** The operand as float32 where it is int32, which the runtime has few operators for. */
const asFloat = <Value extends TensorType>(x: Value, { cast }: ValueBuilder<Value>): Value =>
  x.dtype === 'int32' ? cast(x, 'float32') : x

function unary(type: string, options: UnaryOptions = {}): Operator {
  const { kernel = type, integers = 'float', domain, flops = 1, linearIn } = options
  const lower: Kernel = call => {
    const x = call.input('x')
    if (x.dtype === 'int32' && integers === 'same') return x
    return call.apply(operator, [integers === 'float' ? asFloat(x, call) : x])
  }
  const operator: Operator = {
    family: 'unary',
    infer: inputs => operandOf(inputs, 0),
    flops: flopsPerElement(flops),
    rows: broadcastRows,
    emit: (_, operands, emitter) => write(emitter, type, operands, domain === undefined ? {} : { domain }),
    ...(linearIn && { linearIn }),
    ...(kernel !== null && { kernels: { [kernel]: lower } }),
  }
  return operator
}

export const neg = unary('Neg', { integers: 'own', linearIn: 'each' })
export const exp = unary('Exp')
export const log = unary('Log')
export const sqrt = unary('Sqrt')
export const reciprocal = unary('Reciprocal')
export const erf = unary('Erf')
export const abs = unary('Abs', { integers: 'own' })
export const tanh = unary('Tanh')
export const sigmoid = unary('Sigmoid')
export const relu = unary('Relu', { integers: 'own' })
export const softplus = unary('Softplus')
export const floor = unary('Floor', { integers: 'same' })
export const ceil = unary('Ceil', { integers: 'same' })
export const round = unary('Round', { integers: 'same' })
export const sin = unary('Sin')
export const cos = unary('Cos')
export const not = unary('Not', { kernel: 'LogicalNot' })
export const gelu = unary('Gelu', { kernel: null, flops: 5 })
export const quickGelu = unary('QuickGelu', { kernel: null, flops: 5, domain: 'com.microsoft' })
