/** Cost of a graph, from its shapes alone. */
import { operators } from '../operators/lookup.ts'
import { type ApplyNode, type Graph, isApply, type Node, topological } from './ir.ts'
import { sizeOf, type TensorType } from './types.ts'

/** Sums over all nodes; every operator runs once, in the order of the graph. */
export interface Cost {
  /** Elements of the inputs that hold parameters. */
  readonly parameters: number
  /** Floating-point operations; a multiplication with its addition counts as two, an exponential as one. */
  readonly flops: number
  /** Bytes that operations read from their operands. */
  readonly bytesRead: number
  /** Bytes of results; a view writes none. */
  readonly bytesWritten: number
  /** Most bytes of results alive at once, outputs included; inputs and constants are not counted. */
  readonly peakBytes: number
}

const bytesOf = ({ shape, dtype }: TensorType): number => sizeOf(shape) * (dtype === 'bool' ? 1 : 4)

const under = (prefix: string, name: string): boolean => name === prefix || name.startsWith(`${prefix}.`)

/** A repeated number is read once. */
function readBytes(node: ApplyNode): number {
  const { memory } = operators[node.op]
  if (memory === 'view') return 0
  const operands = memory === 'part' ? node.inputs.slice(1) : node.inputs
  const taken = memory === 'part' ? bytesOf(node) : 0
  return operands.reduce(
    (sum, operand) => sum + (operand.op === 'fill' ? bytesOf({ ...operand, shape: [] }) : bytesOf(operand)),
    taken,
  )
}

/** True if a node shares the memory of its first operand. */
const isView = (node: Node): boolean => isApply(node) && operators[node.op].memory === 'view'

/** The node that owns the memory of a value: a view has none of its own. */
function ownerOf(node: Node): Node {
  const [source] = node.inputs
  return isView(node) && source !== undefined ? ownerOf(source) : node
}

/** Frees each result after its last use, and an output never. */
function peakOf(graph: Graph, order: readonly Node[]): number {
  const lastUse = new Map<Node, number>()
  order.forEach((node, i) => {
    for (const operand of node.inputs) lastUse.set(ownerOf(operand), i)
  })
  for (const { node } of graph.outputs) lastUse.set(ownerOf(node), order.length)
  let [alive, peak] = [0, 0]
  order.forEach((node, i) => {
    if (!isApply(node)) return
    if (!isView(node)) alive += bytesOf(node)
    peak = Math.max(peak, alive)
    for (const held of new Set(node.inputs.map(ownerOf)))
      if (isApply(held) && lastUse.get(held) === i) alive -= bytesOf(held)
  })
  return peak
}

/** Counts; parameters are the inputs at `parameters` and below it, such as `weights`. */
export function costOf(graph: Graph, { parameters }: { readonly parameters: string }): Cost {
  const order = topological(graph)
  const applied = order.filter(isApply)
  const total = (of: (node: ApplyNode) => number) => applied.reduce((sum, node) => sum + of(node), 0)
  return {
    parameters: graph.inputs.reduce((sum, { name, shape }) => sum + (under(parameters, name) ? sizeOf(shape) : 0), 0),
    flops: total(node => operators[node.op].flops(node)),
    bytesRead: total(readBytes),
    bytesWritten: total(node => (isView(node) ? 0 : bytesOf(node))),
    peakBytes: peakOf(graph, order),
  }
}
