/** Splits a linear layer of which every use is a slice of its columns into one layer for each slice. */
import { type ApplyNode, apply, type Graph, isApply, type Node, topological, useCounts } from '../ir.ts'
import { flagOf, listOf } from '../types.ts'
import { rewrite } from './rewrite.ts'

/** Columns of a layer that a slice takes. */
interface ColumnSlice {
  readonly layer: ApplyNode
  readonly start: number
  readonly size: number
}

/** The columns that a slice takes of a layer, also through a reshape that keeps the last side. */
function columnSliceOf(node: Node): ColumnSlice | undefined {
  if (!isApply(node) || node.op !== 'slice') return undefined
  const [whole] = node.inputs
  const layer = whole?.op === 'reshape' ? whole.inputs[0] : whole
  const last = (whole?.shape.length ?? 0) - 1
  if (!whole || !layer || !isApply(layer) || layer.op !== 'linear' || layer.shape[1] !== whole.shape[last])
    return undefined
  if (listOf(node.attributes, 'strides').some(stride => stride !== 1)) return undefined
  if (node.shape.some((side, i) => i < last && side !== whole.shape[i])) return undefined
  return { layer, start: listOf(node.attributes, 'starts')[last] ?? 0, size: node.shape[last] ?? 0 }
}

/** A layer that computes these columns alone. */
function slicedLinear({ layer, start, size }: ColumnSlice): Node {
  const [x, matrix, bias] = layer.inputs
  if (x === undefined || matrix === undefined || bias === undefined) return layer
  const columns = flagOf(layer.attributes, 'transposeB') ? 0 : 1
  const along = (node: Node, axis: number): Node => {
    const starts = node.shape.map((_, i) => (i === axis ? start : 0))
    const sizes = node.shape.map((side, i) => (i === axis ? size : side))
    return apply('slice', [node], { starts, sizes, strides: starts.map(() => 1) })
  }
  return apply('linear', [x, along(matrix, columns), along(bias, 0)], layer.attributes)
}

/** Rewrites `slice(linear(x, w, bias))` to `linear(x, slice(w), slice(bias))` where each use of the layer is a slice. */
export function splitSlicedLinear(graph: Graph): Graph {
  const uses = useCounts(graph)
  const slices = new Map<Node, number>()
  for (const node of topological(graph)) {
    const layer = columnSliceOf(node)?.layer
    if (layer !== undefined) slices.set(layer, (slices.get(layer) ?? 0) + 1)
  }
  const isSlicedOnly = (slice: Node, layer: Node): boolean => {
    const [whole = slice] = slice.inputs
    return uses.get(whole) === slices.get(layer) && (whole === layer || uses.get(layer) === 1)
  }
  return rewrite(graph, (node, original) => {
    const before = columnSliceOf(original)
    const columns = before && isSlicedOnly(original, before.layer) ? columnSliceOf(node) : undefined
    return columns === undefined ? node : apply('reshape', [slicedLinear(columns)], { shape: node.shape })
  })
}
