/** What every pass shares: rebuild a graph bottom-up, replacing nodes by a rule. */
import { apply, type FillNode, fill, type Graph, isApply, type Node, topological } from '../ir.ts'
import { sameShape } from '../types.ts'

/** Sees a node whose operands are already rewritten, and what it was before; returns its replacement, or the node itself. */
export type Rule = (node: Node, original: Node) => Node

/** Applies a rule to every node once, operands first. */
export function rewrite(graph: Graph, rule: Rule): Graph {
  const replaced = new Map<Node, Node>()
  const now = (node: Node): Node => replaced.get(node) ?? node
  for (const node of topological(graph)) {
    if (node.op === 'input') continue
    const changed = isApply(node) && node.inputs.some(operand => now(operand) !== operand)
    replaced.set(node, rule(changed ? apply(node.op, node.inputs.map(now), node.attributes) : node, node))
  }
  return { inputs: graph.inputs, outputs: graph.outputs.map(({ name, node }) => ({ name, node: now(node) })) }
}

export const isFill = (node: Node | undefined): node is FillNode => node?.op === 'fill'

/** Last two sides swapped, the others in place. */
export const swapsLastTwo = (perm: readonly number[]): boolean =>
  perm.length >= 2 &&
  perm.every((axis, i) => axis === (i === perm.length - 1 ? i - 1 : i === perm.length - 2 ? i + 1 : i))

/** `x` in a shape; of a reshape, what that is of. */
export function reshaped(x: Node, shape: readonly number[]): Node {
  if (sameShape(x.shape, shape)) return x
  if (isFill(x)) return fill(x.value, { shape, dtype: x.dtype })
  if (isApply(x) && x.op === 'reshape' && x.inputs[0]) return reshaped(x.inputs[0], shape)
  return apply('reshape', [x], { shape })
}
