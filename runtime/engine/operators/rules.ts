/** Rules of cost and of rows that several operators share. */
import { sizeOf } from '../graph/types.ts'
import type { Application, Operator, RowAccess } from './operator.ts'

/** The operator moves or makes elements and computes nothing. */
export const noFlops = (): number => 0

/** So many operations for each element of the result. */
export const flopsPerElement =
  (count: number): Operator['flops'] =>
  node =>
    count * sizeOf(node.shape)

/** One operation for each element of the first operand. */
export const flopsPerOperandElement: Operator['flops'] = ({ inputs }) => sizeOf(inputs[0]?.shape ?? [])

/** Rows of the operand where the condition holds. */
export const rowsIf = (holds: boolean): RowAccess => (holds ? 'rows' : undefined)

/** Rows of operands that have the rows of the result; the others are spread over all rows. */
export function broadcastRows({ inputs, shape }: Application, k: number): RowAccess {
  const operand = inputs[k]?.shape ?? []
  return operand.length < shape.length || operand[0] !== shape[0] ? 'whole' : 'rows'
}

/** Operators on the last side: rows of the first operand unless that side is its only one; the others whole. */
export const lastSideRows = ({ shape }: Application, k: number): RowAccess =>
  k > 0 ? 'whole' : rowsIf(shape.length > 1)
