/** Removes the checks of bounds on indices of a scatter that a gather of the graph uses too, and so are within bounds. */
import { apply, type Graph, isApply, type Node, topological } from '../ir.ts'
import { numberOf } from '../types.ts'
import { isFill, rewrite } from './rewrite.ts'

const isZero = (node: Node | undefined): boolean => isFill(node) && node.value === 0

/** The value of `select(condition, value, 0)`. */
function guarded(node: Node | undefined): { readonly condition: Node; readonly value: Node } | undefined {
  const [condition, value, other] = node?.op === 'select' ? node.inputs : []
  return condition && value && isZero(other) ? { condition, value } : undefined
}

/** The ids of `0 <= ids and ids < rows`. */
function boundedBy(condition: Node, rows: number): Node | undefined {
  const [above, below] = condition.op === 'and' ? condition.inputs : []
  const [ids, zero] = above?.op === 'greaterEqual' ? above.inputs : []
  const [same, end] = below?.op === 'less' ? below.inputs : []
  return ids !== undefined && ids === same && isZero(zero) && isFill(end) && end.value === rows ? ids : undefined
}

/** The numbers of rows that each list of indices gathers from. */
function gathered(graph: Graph): ReadonlyMap<Node, ReadonlySet<number>> {
  const found = new Map<Node, Set<number>>()
  for (const node of topological(graph)) {
    const [x, indices] = node.inputs
    if (!isApply(node) || node.op !== 'gather' || !x || !indices) continue
    const rows = found.get(indices) ?? new Set()
    found.set(indices, rows.add(x.shape[numberOf(node.attributes, 'axis')] ?? 0))
  }
  return found
}

/**
 * Rewrites `scatterAdd(select(within, x, 0), select(within, ids, 0))` to `scatterAdd(x, ids)` where the graph gathers from as
 * many rows by `ids`.
 */
export function elideBoundsChecks(graph: Graph): Graph {
  const known = gathered(graph)
  return rewrite(graph, (node, original) => {
    if (!isApply(node) || node.op !== 'scatterAdd') return node
    const rows = numberOf(node.attributes, 'rows')
    const [updates, indices] = node.inputs.map(guarded)
    const ids = indices && boundedBy(indices.condition, rows)
    const spread = updates?.condition.op === 'reshape' ? updates.condition.inputs[0] : updates?.condition
    const before = guarded(original.inputs[1])?.value
    if (!updates || !ids || ids !== indices.value || spread !== indices.condition || !before) return node
    return known.get(before)?.has(rows) ? apply('scatterAdd', [updates.value, ids], node.attributes) : node
  })
}
