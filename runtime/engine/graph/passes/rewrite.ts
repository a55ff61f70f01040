/** Rebuilds a graph from its inputs on, replacing nodes by a rule; and helpers of rules. */
import type { Op } from '../../operators/lookup.ts'
import { apply, type FillNode, fill, type Graph, isApply, type Node, topological } from '../ir.ts'
import { sameShape } from '../types.ts'

/** Takes a node with rewritten operands, and the node before; returns the replacement, or the node itself. */
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

/** Tests if a node is one number in every element. */
export const isFill = (node: Node | undefined): node is FillNode => node?.op === 'fill'

/** Operands of a node, if it applies this operator; otherwise none. */
export const operandsOf = (node: Node | undefined, op: Op): readonly Node[] => (node?.op === op ? node.inputs : [])

/** Tests if a permutation swaps the last two sides and no others. */
export const swapsLastTwo = (perm: readonly number[]): boolean =>
  perm.length >= 2 &&
  perm.every((axis, i) => axis === (i === perm.length - 1 ? i - 1 : i === perm.length - 2 ? i + 1 : i))

/** `x` in a shape; reshapes of reshapes are merged. */
export function reshaped(x: Node, shape: readonly number[]): Node {
  if (sameShape(x.shape, shape)) return x
  if (isFill(x)) return fill(x.value, { shape, dtype: x.dtype })
  if (isApply(x) && x.op === 'reshape' && x.inputs[0]) return reshaped(x.inputs[0], shape)
  return apply('reshape', [x], { shape })
}
