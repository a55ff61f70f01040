/**
 * A few positions along one side of an array.
 *
 * The side is told by what stands before it and by its length, not by its number: so the same selection holds through
 * reshapes, be the side one of an array's own, several of them, or a part of one.
 */
import { apply, fill, isApply, type Node } from '../ir.ts'
import { listOf, numberOf, sizeOf } from '../types.ts'
import { isFill, reshaped } from './rewrite.ts'

export interface Selection {
  /** Product of the sides before. */
  readonly before: number
  readonly length: number
  /** How many positions are selected. */
  readonly count: number
  /** The first of them, which stand together, or all of them as int32 [count]. */
  readonly at: number | Node
}

/** Where a selection lies in a shape: its sides from `first` to `last`, or the inner part of one, of which there are `outer`. */
export interface Place {
  readonly first: number
  readonly last: number
  readonly outer: number
}

/** A selection worth following takes at most this share of the positions. */
const fewest = 4

export function placeOf(shape: readonly number[], { before, length }: Selection): Place | undefined {
  let ahead = 1
  for (let first = 0; first < shape.length; first++) {
    const side = shape[first] ?? 1
    if (ahead === before && side !== 1) {
      let inside = 1
      for (let last = first; last < shape.length && inside < length; last++) {
        inside *= shape[last] ?? 1
        if (inside === length) return { first, last, outer: 1 }
      }
      return undefined
    }
    if (ahead * side === before * length)
      return before % ahead === 0 ? { first, last: first, outer: before / ahead } : undefined
    ahead *= side
  }
  return undefined
}

/** The selection of the sides `first` to `last` of a shape that another selection makes of its own. */
export function selectionAt(
  shape: readonly number[],
  { first, last, outer }: Place,
  like: Selection,
): Selection | undefined {
  if (first < 0 || sizeOf(shape.slice(first, last + 1)) !== outer * like.length) return undefined
  return { ...like, before: sizeOf(shape.slice(0, first)) * outer }
}

export const sameSelection = (a: Selection, b: Selection): boolean =>
  a.before === b.before && a.length === b.length && a.count === b.count && a.at === b.at

/** A shape with the selected positions alone. It has as many sides: of several that are selected as one, the last remains. */
export function selectedShape(shape: readonly number[], selection: Selection): readonly number[] {
  const place = placeOf(shape, selection)
  if (place === undefined) throw new Error(`[${shape}] has no ${selection.length} positions after ${selection.before}`)
  return shape.map((side, axis) => {
    if (axis < place.first || axis > place.last) return side
    return axis === place.last ? place.outer * selection.count : 1
  })
}

/** The selected positions of a node. */
export function take(node: Node, selection: Selection): Node {
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

/** Zeros of a shape, but for the selected positions, where `value` is; repeated positions add up. */
export function spreadOut(value: Node, shape: readonly number[], { before, length, count, at }: Selection): Node {
  const after = sizeOf(shape) / (before * length)
  if (typeof at === 'number') {
    const flat = reshaped(value, [before, count, after])
    return reshaped(apply('pad', [flat], { before: [0, at, 0], after: [0, length - count - at, 0], value: 0 }), shape)
  }
  if (before !== 1) throw new Error('Positions that are computed are selected along the first side')
  return reshaped(apply('scatterAdd', [reshaped(value, [count, after]), at], { rows: length }), shape)
}

/** What a slice or a gather selects, if it is few positions along one side. */
export function selectionOf(node: Node): Selection | undefined {
  const [x] = node.inputs
  if (x === undefined || !isApply(node)) return undefined
  const along = (axis: number, count: number, at: number | Node): Selection | undefined => {
    const length = x.shape[axis] ?? 0
    if (count * fewest > length || count === 0) return undefined
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

/** What a padding or a scattering leaves of zeros, if its values are few positions along one side. */
export function spreadOf(node: Node): Selection | undefined {
  const [values, indices] = node.inputs
  if (values === undefined || !isApply(node) || node.dtype !== 'float32') return undefined
  const few = (axis: number, at: number | Node): Selection | undefined => {
    const [length, count] = [node.shape[axis] ?? 0, values.shape[axis] ?? 0]
    if (count * fewest > length || count === 0) return undefined
    return { before: sizeOf(node.shape.slice(0, axis)), length, count, at }
  }
  if (node.op === 'scatterAdd') return indices && few(0, indices)
  if (node.op !== 'pad' || node.attributes.value !== 0) return undefined
  const grown = node.shape.flatMap((side, axis) => (side === values.shape[axis] ? [] : [axis]))
  const [axis = 0] = grown
  return grown.length === 1 ? few(axis, listOf(node.attributes, 'before')[axis] ?? 0) : undefined
}
