/**
 * Selections of a few positions along one side of an array.
 *
 * A selection identifies the side by the number of elements before it and by its length, not by its axis. So it remains
 * valid through reshapes: the side may be one axis of the array, several adjacent axes, or a part of one.
 */
import { apply, fill, isApply, type Node } from '../ir.ts'
import { listOf, numberOf, sizeOf } from '../types.ts'
import { isFill, reshaped } from './rewrite.ts'

/** A few positions along one side. */
export interface AxisSelection {
  /** Product of the sides before. */
  readonly before: number
  readonly length: number
  /** Number of selected positions. */
  readonly count: number
  /** The first position of a contiguous range, or all positions as int32 [count]. */
  readonly at: number | Node
}

/** The axes of a shape that a selection covers: `first` to `last`, or the inner part of one, repeated `outer` times. */
export interface AxisRange {
  readonly first: number
  readonly last: number
  readonly outer: number
}

/** Selections are propagated if they take at most one of so many positions. */
const leastRatio = 4

/** The axes of a shape that a selection covers; `undefined` where none correspond. */
export function axisRangeOf(shape: readonly number[], { before, length }: AxisSelection): AxisRange | undefined {
  let ahead = 1
  for (let first = 0; first < shape.length; first++) {
    const side = shape[first] ?? 1
    if (ahead === before && side !== 1) {
      let covered = 1
      for (let last = first; last < shape.length && covered < length; last++) {
        covered *= shape[last] ?? 1
        if (covered === length) return { first, last, outer: 1 }
      }
      return undefined
    }
    if (ahead * side === before * length)
      return before % ahead === 0 ? { first, last: first, outer: before / ahead } : undefined
    ahead *= side
  }
  return undefined
}

/** The selection of the same positions as `like` along a range of axes of another shape. */
export function selectionAt(
  shape: readonly number[],
  { first, last, outer }: AxisRange,
  like: AxisSelection,
): AxisSelection | undefined {
  if (first < 0 || sizeOf(shape.slice(first, last + 1)) !== outer * like.length) return undefined
  return { ...like, before: sizeOf(shape.slice(0, first)) * outer }
}

/** Tests if two selections take the same positions. */
export const sameSelection = (a: AxisSelection, b: AxisSelection): boolean =>
  a.before === b.before && a.length === b.length && a.count === b.count && a.at === b.at

/** A shape with the selected positions alone, of the same rank: of several axes that are selected as one, the last remains. */
export function selectedShape(shape: readonly number[], selection: AxisSelection): readonly number[] {
  const range = axisRangeOf(shape, selection)
  if (range === undefined) throw new Error(`[${shape}] has no ${selection.length} positions after ${selection.before}`)
  return shape.map((side, axis) => {
    if (axis < range.first || axis > range.last) return side
    return axis === range.last ? range.outer * selection.count : 1
  })
}

/** The selected positions of a node. */
export function takeSelection(node: Node, selection: AxisSelection): Node {
  const { before, length, count, at } = selection
  const shape = selectedShape(node.shape, selection)
  if (isFill(node)) return fill(node.value, { shape, dtype: node.dtype })
  const flat = reshaped(node, [before, length, sizeOf(node.shape) / (before * length)])
  const starts = [0, typeof at === 'number' ? at : 0, 0]
  const few =
    typeof at === 'number'
      ? apply('slice', [flat], { starts, sizes: [before, count, flat.shape[2] ?? 1], strides: [1, 1, 1] })
      : apply('gather', [flat, at], { axis: 1 })
  return reshaped(few, shape)
}

/** An array of zeros with `value` at the selected positions; repeated positions add up. */
export function scatterSelection(
  value: Node,
  shape: readonly number[],
  { before, length, count, at }: AxisSelection,
): Node {
  const after = sizeOf(shape) / (before * length)
  if (typeof at === 'number') {
    const flat = reshaped(value, [before, count, after])
    return reshaped(apply('pad', [flat], { before: [0, at, 0], after: [0, length - count - at, 0], value: 0 }), shape)
  }
  if (before !== 1) throw new Error('Positions that are computed are selected along the first side')
  return reshaped(apply('scatterAdd', [reshaped(value, [count, after]), at], { rows: length }), shape)
}

/** The selection that a slice or a gather takes, if it is of few positions along one side. */
export function selectionOf(node: Node): AxisSelection | undefined {
  const [x] = node.inputs
  if (x === undefined || !isApply(node)) return undefined
  const along = (axis: number, count: number, at: number | Node): AxisSelection | undefined => {
    const length = x.shape[axis] ?? 0
    if (count * leastRatio > length || count === 0) return undefined
    return { before: sizeOf(x.shape.slice(0, axis)), length, count, at }
  }
  if (node.op === 'gather') {
    const [, indices] = node.inputs
    return indices?.shape.length === 1
      ? along(numberOf(node.attributes, 'axis'), indices.shape[0] ?? 0, indices)
      : undefined
  }
  if (node.op !== 'slice' || listOf(node.attributes, 'strides').some(stride => stride !== 1)) return undefined
  const cut = x.shape.flatMap((side, axis) => (side === node.shape[axis] ? [] : [axis]))
  const [axis = 0] = cut
  return cut.length === 1 ? along(axis, node.shape[axis] ?? 0, listOf(node.attributes, 'starts')[axis] ?? 0) : undefined
}

/** The positions that a pad or a scatter fills among zeros, if they are few along one side. */
export function scatteredSelection(node: Node): AxisSelection | undefined {
  const [values, indices] = node.inputs
  if (values === undefined || !isApply(node) || node.dtype !== 'float32') return undefined
  const few = (axis: number, at: number | Node): AxisSelection | undefined => {
    const [length, count] = [node.shape[axis] ?? 0, values.shape[axis] ?? 0]
    if (count * leastRatio > length || count === 0) return undefined
    return { before: sizeOf(node.shape.slice(0, axis)), length, count, at }
  }
  if (node.op === 'scatterAdd') return indices && few(0, indices)
  if (node.op !== 'pad' || node.attributes.value !== 0) return undefined
  const grown = node.shape.flatMap((side, axis) => (side === values.shape[axis] ? [] : [axis]))
  const [axis = 0] = grown
  return grown.length === 1 ? few(axis, listOf(node.attributes, 'before')[axis] ?? 0) : undefined
}
