/** Hoists invariants: nodes that depend on invariant inputs alone move to a graph of their own, which runs when those change. */
import { apply, type Graph, type InputNode, input, isApply, type Node, topological } from './ir.ts'

/** A graph split in two. */
export interface HoistedGraphs {
  /** The same inputs; the outputs are the invariant nodes that `main` uses. */
  readonly hoisted: Graph
  /** The same inputs, then the outputs of `hoisted`; the same outputs. */
  readonly main: Graph
}

/** Options of `hoistInvariants`. */
export interface HoistOptions {
  readonly isInvariant: (input: InputNode) => boolean
  /** True if `main` takes invariant inputs from `hoisted` too, which leaves them on a device. */
  readonly takesInputs: boolean
}

/** True if the operator takes no time, or its result costs more in memory than it saves in time. */
const isFree = ({ op }: Node): boolean => op === 'reshape' || op === 'broadcast'

/** Nodes that depend on invariant inputs alone. */
function invariantNodes(order: readonly Node[], isInvariant: HoistOptions['isInvariant']): ReadonlySet<Node> {
  const invariant = new Set<Node>()
  for (const node of order)
    if (node.op === 'input' ? isInvariant(node) : node.inputs.every(operand => invariant.has(operand)))
      invariant.add(node)
  return invariant
}

/** Splits a graph; `undefined` where `main` would use no result of invariant inputs alone. */
export function hoistInvariants(graph: Graph, { isInvariant, takesInputs }: HoistOptions): HoistedGraphs | undefined {
  if (!graph.inputs.some(isInvariant)) return undefined
  const order = topological(graph)
  const invariant = invariantNodes(order, isInvariant)
  const names = new Set(graph.inputs.map(({ name }) => name))
  const placeholders = new Map<Node, InputNode>()
  const rebuilt = new Map<Node, Node>()
  const placeholderOf = (node: Node): InputNode => {
    let name = `held ${placeholders.size}`
    while (names.has(name)) name += "'"
    const made = input(name, node)
    placeholders.set(node, made)
    return made
  }
  const make = (node: Node): Node => {
    if (node.op === 'input') return takesInputs && invariant.has(node) ? placeholderOf(node) : node
    if (!isApply(node)) return node
    if (invariant.has(node) && !isFree(node)) return placeholderOf(node)
    return node.inputs.some(operand => rebuild(operand) !== operand)
      ? apply(node.op, node.inputs.map(rebuild), node.attributes)
      : node
  }
  const rebuild = (node: Node): Node => {
    const known = rebuilt.get(node) ?? make(node)
    rebuilt.set(node, known)
    return known
  }
  for (const node of order) if (!invariant.has(node)) rebuild(node)
  const outputs = graph.outputs.map(({ name, node }) => ({ name, node: rebuild(node) }))
  if (placeholders.size === 0) return undefined
  return {
    hoisted: { inputs: graph.inputs, outputs: [...placeholders].map(([node, { name }]) => ({ name, node })) },
    main: { inputs: [...graph.inputs, ...placeholders.values()], outputs },
  }
}
