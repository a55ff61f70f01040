/** Rows that nothing uses are not computed: where every use of a value takes the same few positions, it has these alone. */
import { type ApplyNode, apply, type Graph, isApply, type Node, topological } from '../ir.ts'
import { type Selection, sameSelection, selectionOf, take } from './selection.ts'
import { narrowed, operandSelection } from './through.ts'

/** What is used of a value. */
type Demand = Selection | 'whole'

const sameDemand = (a: Demand, b: Demand): boolean => (a === 'whole' || b === 'whole' ? a === b : sameSelection(a, b))

/** What a node with a demand asks of each operand; a demand that does not pass through it makes it whole. */
function asked(node: ApplyNode, demand: Demand): { readonly own: Demand; readonly operands: readonly Demand[] } {
  const whole = node.inputs.map((): Demand => 'whole')
  if (demand !== 'whole') {
    const operands = node.inputs.map((_, k) => operandSelection(node, k, demand))
    const passed = operands.filter(operand => operand !== undefined)
    if (passed.length === operands.length) return { own: demand, operands: passed }
  }
  return { own: 'whole', operands: [selectionOf(node) ?? 'whole', ...whole.slice(1)] }
}

/** What the outputs and all users together ask of each node. */
function demandsOf(graph: Graph): ReadonlyMap<Node, Demand> {
  const demands = new Map<Node, Demand>()
  const ask = (node: Node, demand: Demand) => {
    const before = demands.get(node)
    demands.set(node, before === undefined || sameDemand(before, demand) ? demand : 'whole')
  }
  for (const { node } of graph.outputs) ask(node, 'whole')
  for (const node of [...topological(graph)].reverse()) {
    const demand = demands.get(node)
    if (demand === undefined || !isApply(node)) continue
    const { own, operands } = asked(node, demand)
    demands.set(node, own)
    node.inputs.forEach((operand, k) => {
      ask(operand, operands[k] ?? 'whole')
    })
  }
  return demands
}

/**
 * `slice(f(x))` becomes `f(slice(x))`, and so does `gather`, as far as `f` computes each of the rows by itself and nothing
 * else uses the others. The last block of an encoder that pools one token then computes that token alone.
 */
export function dropRows(graph: Graph): Graph {
  const demands = demandsOf(graph)
  const whole = new Map<Node, Node>()
  const few = new Map<Node, Node>()
  const wholeOf = (node: Node): Node => whole.get(node) ?? node
  const rebuilt = (selection: Selection): Selection =>
    typeof selection.at === 'number' ? selection : { ...selection, at: wholeOf(selection.at) }
  const given = (operand: Node, demand: Demand): Node =>
    demand === 'whole' ? wholeOf(operand) : (few.get(operand) ?? take(wholeOf(operand), rebuilt(demand)))
  for (const node of topological(graph)) {
    const demand = demands.get(node)
    if (demand === undefined || !isApply(node)) continue
    const { own, operands } = asked(node, demand)
    if (own !== 'whole') {
      const parts = node.inputs.map((operand, k) => given(operand, operands[k] ?? 'whole'))
      few.set(node, narrowed(node, parts, own))
      continue
    }
    const [x] = node.inputs
    const taken = selectionOf(node) && x && few.get(x)
    if (taken !== undefined) whole.set(node, taken)
    else if (node.inputs.some(operand => whole.has(operand)))
      whole.set(node, apply(node.op, node.inputs.map(wholeOf), node.attributes))
    else whole.set(node, node)
  }
  return { inputs: graph.inputs, outputs: graph.outputs.map(({ name, node }) => ({ name, node: wholeOf(node) })) }
}
