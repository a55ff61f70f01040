/** Propagation of selections from the result of an operator to its operands, and from an operand to the result. */

import { operators } from '../../operators/lookup.ts'
import { type ApplyNode, apply, isApply, type Node } from '../ir.ts'
import { flagOf, listOf } from '../types.ts'
import { type AxisSelection, axisRangeOf, selectedShape, selectionAt } from './axis_selection.ts'

/**
 * The selection of operand `k` that gives a selection of the result; `whole` where the operand has no such side, `undefined`
 * where the operator mixes positions of the side.
 */
export function operandSelection(node: Node, k: number, selection: AxisSelection): AxisSelection | 'whole' | undefined {
  const operand = node.inputs[k]
  const range = axisRangeOf(node.shape, selection)
  if (!isApply(node) || operand === undefined || range === undefined) return undefined
  const { first, last } = range
  const rank = node.shape.length
  const at = (from: number, to: number) => selectionAt(operand.shape, { ...range, first: from, last: to }, selection)
  switch (operators[node.op].family) {
    case 'unary':
    case 'arithmetic':
    case 'comparison':
    case 'elementwise': {
      const offset = rank - operand.shape.length
      const sides = node.shape.slice(first, last + 1).map((_, i) => operand.shape[first + i - offset] ?? 1)
      if (sides.every((side, i) => side === node.shape[first + i]) && first >= offset)
        return at(first - offset, last - offset)
      return sides.every(side => side === 1) ? 'whole' : undefined
    }
    case 'reshape':
      return axisRangeOf(operand.shape, selection) && selection
    case 'transpose': {
      const from = listOf(node.attributes, 'perm')[first] ?? -1
      return first === last ? at(from, from) : undefined
    }
    case 'lastSide':
      if (last === rank - 1) return undefined
      return k === 0 ? at(first, last) : 'whole'
    case 'reduction': {
      const axes = listOf(node.attributes, 'axes')
      const kept = operand.shape.flatMap((_, axis) =>
        axes.includes(axis) && !flagOf(node.attributes, 'keep') ? [] : [axis],
      )
      const [from = -1, to = -1] = [kept[first], kept[last]]
      return axes.some(axis => axis >= from && axis <= to) ? undefined : at(from, to)
    }
    case 'product': {
      if (first !== last || first < rank - 2 || (node.inputs[2]?.shape.length ?? 1) !== 1) return undefined
      const isRow = first === rank - 2
      if (!isRow && node.op === 'linear') return undefined
      if (k !== (isRow ? 0 : 1)) return 'whole'
      const axis = productAxis(node, k, 'own')
      return at(axis, axis)
    }
    case 'other':
      return undefined
  }
}

/** The axis of operand `k` of a product that the result has too (`own`), or that the product adds up along (`inner`). */
function productAxis(node: ApplyNode, k: number, along: 'own' | 'inner'): number {
  const rank = node.inputs[k]?.shape.length ?? 2
  const turned = flagOf(node.attributes, k === 0 ? 'transposeA' : 'transposeB')
  // Rows of the first operand and columns of the second are the result's.
  const ownIsLast = (k === 1) !== turned
  return rank - (ownIsLast === (along === 'own') ? 1 : 2)
}

/**
 * The selection of the result that a selection of operand `k` becomes, where the operator keeps the side; `added` where it
 * adds up along the side, `undefined` where it does neither.
 */
export function resultSelection(
  node: ApplyNode,
  k: number,
  selection: AxisSelection,
): AxisSelection | 'added' | undefined {
  const operand = node.inputs[k]
  const range = operand && axisRangeOf(operand.shape, selection)
  if (operand === undefined || range === undefined) return undefined
  const { first, last } = range
  const at = (from: number, to: number) => selectionAt(node.shape, { ...range, first: from, last: to }, selection)
  switch (operators[node.op].family) {
    case 'unary':
    case 'arithmetic':
    case 'comparison':
    case 'elementwise': {
      const offset = node.shape.length - operand.shape.length
      return at(first + offset, last + offset)
    }
    case 'reshape':
      return axisRangeOf(node.shape, selection) && selection
    case 'transpose': {
      const to = listOf(node.attributes, 'perm').indexOf(first)
      return first === last ? at(to, to) : undefined
    }
    case 'reduction': {
      const axes = listOf(node.attributes, 'axes')
      const reduced = axes.filter(axis => axis >= first && axis <= last)
      if (reduced.length === last - first + 1) return node.op === 'sum' ? 'added' : undefined
      if (reduced.length > 0) return undefined
      const gone = (axis: number) => (flagOf(node.attributes, 'keep') ? 0 : axes.filter(other => other < axis).length)
      return at(first - gone(first), last - gone(last))
    }
    case 'product': {
      if (first !== last || node.op !== 'matmul') return undefined
      if (first === productAxis(node, k, 'inner')) return 'added'
      const to = node.shape.length - (k === 0 ? 2 : 1)
      return first === productAxis(node, k, 'own') ? at(to, to) : undefined
    }
    default:
      return undefined
  }
}

/** The part of the other operand that a product uses, where operand `k` is zero outside a selection of its inner side. */
export function innerSelection(node: ApplyNode, k: number, selection: AxisSelection): AxisSelection | undefined {
  const [own, other] = [node.inputs[k], node.inputs[1 - k]]
  const range = own && axisRangeOf(own.shape, selection)
  if (other === undefined || range === undefined) return undefined
  const axis = productAxis(node, 1 - k, 'inner')
  return selectionAt(other.shape, { ...range, first: axis, last: axis }, selection)
}

/** Applies the operator of a node to operands with the selected positions alone. */
export function applyToSelection(node: ApplyNode, operands: readonly Node[], selection: AxisSelection): ApplyNode {
  const { shapeAttribute } = operators[node.op]
  const attributes = {
    ...node.attributes,
    ...(shapeAttribute && { [shapeAttribute]: selectedShape(node.shape, selection) }),
  }
  return apply(node.op, operands, attributes)
}
