/** Operators by name, and tests of their families. */
import type { Attributes, TensorType } from '../graph/types.ts'
import type { Operator } from './operator.ts'
import * as entries from './registry.ts'

/** Name of an operator. */
export type Op = keyof typeof entries

/** Every operator by its name. */
export const operators: Readonly<Record<Op, Operator>> = { ...entries }

const names = new Map(Object.entries(operators).map(([name, operator]) => [operator, name as Op]))

/** Name of an operator; throws where the registry lacks it. */
export function nameOf(operator: Operator): Op {
  const name = names.get(operator)
  if (name === undefined) throw new Error('An operator is not in the registry')
  return name
}

/** Result type of an operator; throws a sentence that names it and its operands where they do not fit. */
export function infer(op: Op, inputs: readonly TensorType[], attributes: Attributes): TensorType {
  try {
    return operators[op].infer(inputs, attributes)
  } catch (error) {
    const operands = inputs.map(type => `${type.dtype}[${type.shape}]`).join(', ')
    throw new Error(`${op}(${operands}): ${error instanceof Error ? error.message : error}`)
  }
}

/** Tests if an operator computes each element of one operand by itself. */
export const isUnary = (op: Op): boolean => operators[op].family === 'unary'

/** Tests if an operator compares two broadcast operands. */
export const isComparison = (op: Op): boolean => operators[op].family === 'comparison'

/** Tests if an operator computes or compares two broadcast operands. */
export const isBinary = (op: Op): boolean => operators[op].family === 'arithmetic' || isComparison(op)

/** Tests if an operator reduces over `axes`. */
export const isReduction = (op: Op): boolean => operators[op].family === 'reduction'

/** Tests if an operator works on the last side of its first operand. */
export const isOnLastSide = (op: Op): boolean => operators[op].family === 'lastSide'

/** Tests if an operator computes each element of the result from one element of each broadcast operand. */
export const isElementwise = (op: Op): boolean => isUnary(op) || isBinary(op) || operators[op].family === 'elementwise'
