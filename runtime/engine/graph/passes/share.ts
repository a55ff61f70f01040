/** Common subexpressions become one node. */
import { type Graph, isApply, type Node } from '../ir.ts'
import { rewrite } from './rewrite.ts'

export function share(graph: Graph): Graph {
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
      ? `${node.op}(${node.inputs.map(idOf)})${JSON.stringify(node.attributes)}`
      : `fill ${Object.is(node.value, -0) ? '-0' : node.value} ${node.dtype}[${node.shape}]`
    const first = known.get(text)
    if (first === undefined) known.set(text, node)
    return first ?? node
  })
}
