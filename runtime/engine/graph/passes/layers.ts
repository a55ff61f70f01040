/** A layer of which every use takes some columns becomes a layer for each: nothing is computed side by side to be cut apart. */
import { type ApplyNode, apply, type Graph, isApply, type Node, topological, useCounts } from '../ir.ts'
import { flagOf, listOf } from '../types.ts'
import { rewrite } from './rewrite.ts'

interface Cut {
  readonly layer: ApplyNode
  readonly start: number
  readonly size: number
}

/** What a slice cuts from the last side of a layer, also through a reshape that leaves that side alone. */
function cutOf(node: Node): Cut | undefined {
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

/** The layer's columns from `start` on. */
function part({ layer, start, size }: Cut): Node {
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

/** `slice(linear(x, w, bias))` becomes `linear(x, slice(w), slice(bias))` where nothing uses the layer as a whole. */
export function splitLayers(graph: Graph): Graph {
  const uses = useCounts(graph)
  const cuts = new Map<Node, number>()
  for (const node of topological(graph)) {
    const layer = cutOf(node)?.layer
    if (layer !== undefined) cuts.set(layer, (cuts.get(layer) ?? 0) + 1)
  }
  const cutWhole = (slice: Node, layer: Node): boolean => {
    const [whole = slice] = slice.inputs
    return uses.get(whole) === cuts.get(layer) && (whole === layer || uses.get(layer) === 1)
  }
  return rewrite(graph, (node, original) => {
    const before = cutOf(original)
    const cut = before && cutWhole(original, before.layer) ? cutOf(node) : undefined
    return cut === undefined ? node : apply('reshape', [part(cut)], { shape: node.shape })
  })
}
