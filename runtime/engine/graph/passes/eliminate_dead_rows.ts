/** Eliminates dead rows: a value of which every use takes the same few positions is computed at these alone. */
import { type ApplyNode, apply, type Graph, isApply, type Node, topological } from '../ir.ts'
import { type AxisSelection, sameSelection, selectionOf, takeSelection } from './axis_selection.ts'
import { applyToSelection, operandSelection } from './selection_propagation.ts'

/** The part of a value that is used. */
type Demand = AxisSelection | 'whole'

const sameDemand = (a: Demand, b: Demand): boolean => (a === 'whole' || b === 'whole' ? a === b : sameSelection(a, b))

/** The demands of a node on its operands; a demand that the operator does not propagate becomes `whole`. */
function operandDemands(
  node: ApplyNode,
  demand: Demand,
): { readonly own: Demand; readonly operands: readonly Demand[] } {
  const whole = node.inputs.map((): Demand => 'whole')
  if (demand !== 'whole') {
    const operands = node.inputs.map((_, k) => operandSelection(node, k, demand))
    const passed = operands.filter(operand => operand !== undefined)
    if (passed.length === operands.length) return { own: demand, operands: passed }
  }
  return { own: 'whole', operands: [selectionOf(node) ?? 'whole', ...whole.slice(1)] }
}

/** The joint demand of the outputs and of all users on each node. */
function demandsOf(graph: Graph): ReadonlyMap<Node, Demand> {
  const demands = new Map<Node, Demand>()
  const request = (node: Node, demand: Demand) => {
    const before = demands.get(node)
    demands.set(node, before === undefined || sameDemand(before, demand) ? demand : 'whole')
  }
  for (const { node } of graph.outputs) request(node, 'whole')
  for (const node of [...topological(graph)].reverse()) {
    const demand = demands.get(node)
    if (demand === undefined || !isApply(node)) continue
    const { own, operands } = operandDemands(node, demand)
    demands.set(node, own)
    node.inputs.forEach((operand, k) => {
      request(operand, operands[k] ?? 'whole')
    })
  }
  return demands
}

/**
 * Rewrites `slice(f(x))` to `f(slice(x))`, and so for `gather`, where `f` computes each row by itself and the other rows have
 * no use. The last block of an encoder that pools one token then computes that token alone.
 */
export function eliminateDeadRows(graph: Graph): Graph {
  const demands = demandsOf(graph)
  const whole = new Map<Node, Node>()
  const few = new Map<Node, Node>()
  const wholeOf = (node: Node): Node => whole.get(node) ?? node
  const rebuilt = (selection: AxisSelection): AxisSelection =>
    typeof selection.at === 'number' ? selection : { ...selection, at: wholeOf(selection.at) }
  const given = (operand: Node, demand: Demand): Node =>
    demand === 'whole' ? wholeOf(operand) : (few.get(operand) ?? takeSelection(wholeOf(operand), rebuilt(demand)))
  for (const node of topological(graph)) {
    const demand = demands.get(node)
    if (demand === undefined || !isApply(node)) continue
    const { own, operands } = operandDemands(node, demand)
    if (own !== 'whole') {
      const parts = node.inputs.map((operand, k) => given(operand, operands[k] ?? 'whole'))
      few.set(node, applyToSelection(node, parts, own))
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
