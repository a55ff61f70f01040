/** What depends on inputs that seldom change is computed apart from the rest, when they do. */
import { apply, type Graph, type InputNode, input, isApply, type Node, topological } from './ir.ts'

/** A graph in two. */
export interface Halves {
  /** The same inputs, and as outputs what `rest` needs of the fixed ones. */
  readonly fixed: Graph
  /** The same inputs, then the outputs of `fixed`; the same outputs. */
  readonly rest: Graph
}

export interface SplitOptions {
  readonly isFixed: (input: InputNode) => boolean
  /** Whether fixed inputs that the rest uses as they are go through `fixed` too, as where that leaves them on a device. */
  readonly takesInputs: boolean
}

/** Takes no time, or more memory than it saves time. */
const isFree = ({ op }: Node): boolean => op === 'reshape' || op === 'broadcast'

/** Nodes that depend on no other input than fixed ones. */
function fixedNodes(order: readonly Node[], isFixed: SplitOptions['isFixed']): ReadonlySet<Node> {
  const fixed = new Set<Node>()
  for (const node of order)
    if (node.op === 'input' ? isFixed(node) : node.inputs.every(operand => fixed.has(operand))) fixed.add(node)
  return fixed
}

/** Splits a graph; nothing where no result of fixed inputs alone is needed. */
export function splitFixed(graph: Graph, { isFixed, takesInputs }: SplitOptions): Halves | undefined {
  if (!graph.inputs.some(isFixed)) return undefined
  const order = topological(graph)
  const fixed = fixedNodes(order, isFixed)
  const names = new Set(graph.inputs.map(({ name }) => name))
  const held = new Map<Node, InputNode>()
  const rebuilt = new Map<Node, Node>()
  const hold = (node: Node): InputNode => {
    let name = `held ${held.size}`
    while (names.has(name)) name += "'"
    const made = input(name, node)
    held.set(node, made)
    return made
  }
  const make = (node: Node): Node => {
    if (node.op === 'input') return takesInputs && fixed.has(node) ? hold(node) : node
    if (!isApply(node)) return node
    if (fixed.has(node) && !isFree(node)) return hold(node)
    return node.inputs.some(operand => now(operand) !== operand)
      ? apply(node.op, node.inputs.map(now), node.attributes)
      : node
  }
  const now = (node: Node): Node => {
    const known = rebuilt.get(node) ?? make(node)
    rebuilt.set(node, known)
    return known
  }
  for (const node of order) if (!fixed.has(node)) now(node)
  const outputs = graph.outputs.map(({ name, node }) => ({ name, node: now(node) }))
  if (held.size === 0) return undefined
  return {
    fixed: { inputs: graph.inputs, outputs: [...held].map(([node, { name }]) => ({ name, node })) },
    rest: { inputs: [...graph.inputs, ...held.values()], outputs },
  }
}
