/** Common subexpression elimination. */
import { type Graph, isApply, type Node } from '../ir.ts'
import { attributesText, fillText, typeText } from '../print.ts'
import { rewrite } from './rewrite.ts'

/** Replaces nodes of equal operators, operands and attributes by the first of them. */
export function eliminateCommonSubexpressions(graph: Graph): Graph {
  const identity = new Map<Node, number>()
  const known = new Map<string, Node>()
  const idOf = (node: Node): number => {
    const id = identity.get(node) ?? identity.size
    identity.set(node, id)
    return id
  }
  return rewrite(graph, node => {
    if (node.op === 'input' || node.op === 'constant') return node
    const text = isApply(node)
      ? `${node.op}(${node.inputs.map(idOf)})${attributesText(node.attributes)}`
      : `${fillText(node)}: ${typeText(node)}`
    const first = known.get(text)
    if (first === undefined) known.set(text, node)
    return first ?? node
  })
}
