/** What a graph costs to run, from its shapes alone. */
import { type ApplyNode, type Graph, isApply, type Node, sizeOf, topological } from './ir.ts'
import { flagOf, isBinary, isReduce, isUnary, type TensorType } from './ops.ts'

/** Sums over all nodes; every operation is taken as run once, in the graph's own order. */
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

function flopsOf(node: ApplyNode): number {
  const { op, inputs, attributes } = node
  const [elements, operand] = [sizeOf(node.shape), inputs[0]?.shape ?? []]
  if (op === 'gelu' || op === 'quickGelu') return 5 * elements
  if (isUnary(op) || isBinary(op)) return elements
  if (isReduce(op)) return sizeOf(operand)
  switch (op) {
    case 'matmul':
    case 'linear': {
      const inner = operand.at(flagOf(attributes, 'transposeA') ? -2 : -1) ?? 1
      return elements * (2 * inner + (op === 'linear' ? 1 : 0))
    }
    case 'softmax':
      return 5 * elements
    case 'layerNorm':
      return 8 * elements
    case 'normal':
      return 6 * elements
    case 'inverseDeviation': // comes with `normal`
    case 'scatterAdd':
    case 'argMax':
    case 'cumsum':
      return sizeOf(operand)
    case 'select':
    case 'cast':
    case 'reshape':
    case 'broadcast':
    case 'transpose':
    case 'slice':
    case 'concat':
    case 'pad':
    case 'tile':
    case 'gather':
    case 'oneHot':
    case 'after':
      return 0
  }
}

/** A repeated number is read once; a slice or a gather reads the elements that it takes. */
function readBytes(node: ApplyNode): number {
  if (isView(node)) return 0
  const operands = node.op === 'slice' || node.op === 'gather' ? node.inputs.slice(1) : node.inputs
  const taken = operands.length < node.inputs.length ? bytesOf(node) : 0
  return operands.reduce(
    (sum, operand) => sum + (operand.op === 'fill' ? bytesOf({ ...operand, shape: [] }) : bytesOf(operand)),
    taken,
  )
}

/** Whether a node only shows its first operand's memory. */
const isView = ({ op }: Node): boolean => op === 'reshape' || op === 'after'

/** The node whose memory holds a value: a view has none of its own. */
function holder(node: Node): Node {
  const [source] = node.inputs
  return isView(node) && source !== undefined ? holder(source) : node
}

/** Frees each result after its last use, and an output never. */
function peakOf(graph: Graph, order: readonly Node[]): number {
  const lastUse = new Map<Node, number>()
  order.forEach((node, i) => {
    for (const operand of node.inputs) lastUse.set(holder(operand), i)
  })
  for (const { node } of graph.outputs) lastUse.set(holder(node), order.length)
  let [alive, peak] = [0, 0]
  order.forEach((node, i) => {
    if (!isApply(node)) return
    if (!isView(node)) alive += bytesOf(node)
    peak = Math.max(peak, alive)
    for (const held of new Set(node.inputs.map(holder)))
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
    flops: total(flopsOf),
    bytesRead: total(readBytes),
    bytesWritten: total(node => (isView(node) ? 0 : bytesOf(node))),
    peakBytes: peakOf(graph, order),
  }
}
