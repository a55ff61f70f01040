/** Elementwise operators on two operands with numpy broadcasting. */
import { write } from '../onnx/emitter.ts'
import type { Kernel, Operator } from './operator.ts'
import { broadcastRows, flopsPerElement } from './rules.ts'
import { broadcastShapes, operandOf, sharedDType } from './shapes.ts'

interface BinaryOptions {
  /** Name of the tfjs kernel that is the operator for every dtype; absent where there is none. */
  readonly kernel?: string
  readonly linearIn?: Operator['linearIn']
  /** True if the runtime compares numbers only. */
  readonly numbersOnly?: boolean
}

function binary(
  family: 'arithmetic' | 'comparison',
  type: string,
  { kernel, linearIn, numbersOnly }: BinaryOptions,
): Operator {
  const lower: Kernel = ({ input, cast, apply }) => {
    const operands = [input('a'), input('b')]
    return apply(operator, numbersOnly ? operands.map(x => (x.dtype === 'bool' ? cast(x, 'int32') : x)) : operands)
  }
  const operator: Operator = {
    family,
    infer: inputs => {
      const [a, b] = [operandOf(inputs, 0), operandOf(inputs, 1)]
      const dtype = sharedDType(a, b)
      return { shape: broadcastShapes(a.shape, b.shape), dtype: family === 'comparison' ? 'bool' : dtype }
    },
    flops: flopsPerElement(1),
    rows: broadcastRows,
    emit: ({ dtype }, operands, emitter) =>
      write(emitter, type, operands, type === 'Mod' && dtype === 'float32' ? { integers: { fmod: 1 } } : {}),
    ...(linearIn && { linearIn }),
    ...(kernel !== undefined && { kernels: { [kernel]: lower } }),
  }
  return operator
}

const arithmetic = (type: string, options: BinaryOptions = {}) => binary('arithmetic', type, options)
const comparison = (type: string, options: BinaryOptions = {}) => binary('comparison', type, options)

export const add = arithmetic('Add', { kernel: 'Add', linearIn: 'jointly' })
export const sub = arithmetic('Sub', { kernel: 'Sub', linearIn: 'jointly' })
export const mul = arithmetic('Mul', { kernel: 'Multiply', linearIn: 'each' })
export const div = arithmetic('Div', { kernel: 'RealDiv', linearIn: 'first' })
// The kernels Pow and Mod are several operators for some dtypes: see `trace/elementwise.ts`.
export const pow = arithmetic('Pow')
export const max = arithmetic('Max', { kernel: 'Maximum' })
export const min = arithmetic('Min', { kernel: 'Minimum' })
export const mod = arithmetic('Mod')
export const equal = comparison('Equal', { kernel: 'Equal' })
export const less = comparison('Less', { kernel: 'Less', numbersOnly: true })
export const lessEqual = comparison('LessOrEqual', { kernel: 'LessEqual', numbersOnly: true })
export const greater = comparison('Greater', { kernel: 'Greater', numbersOnly: true })
export const greaterEqual = comparison('GreaterOrEqual', { kernel: 'GreaterEqual', numbersOnly: true })
export const and = comparison('And', { kernel: 'LogicalAnd' })
export const or = comparison('Or', { kernel: 'LogicalOr' })
