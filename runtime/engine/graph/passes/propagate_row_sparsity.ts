/** Computes with the nonzero rows alone of arrays that are zero elsewhere, such as gradients of a few rows. */
import { operators } from '../../operators/lookup.ts'
import { type ApplyNode, apply, type Graph, isApply, type Node, topological } from '../ir.ts'
import {
  type AxisSelection,
  sameSelection,
  scatteredSelection,
  scatterSelection,
  selectedShape,
  takeSelection,
} from './axis_selection.ts'
import { reshaped } from './rewrite.ts'
import { applyToSelection, innerSelection, operandSelection, resultSelection } from './selection_propagation.ts'

/** A way to apply an operator, linear in operands with few nonzero rows, to these rows alone. */
interface SparsePlan {
  /** Indices of the operands that have zeros elsewhere. */
  readonly sparse: readonly number[]
  /** The part of each operand that is used. */
  readonly operands: readonly (AxisSelection | 'whole')[]
  /** Positions where the result may be nonzero; `whole` where the rows are added up. */
  readonly result: AxisSelection | 'whole'
}

/** True if zeros of an operand are zeros of the result, or add nothing to it. */
function isLinear(node: ApplyNode, operand: number): boolean {
  const { linearIn } = operators[node.op]
  return linearIn === 'first' ? operand === 0 : linearIn !== undefined
}

const defined = <T>(list: readonly (T | undefined)[]): readonly T[] | undefined => {
  const found = list.filter(item => item !== undefined)
  return found.length === list.length ? found : undefined
}

/** The plan of a node whose operands have these nonzero rows; `undefined` where it needs the others too. */
function planOf(node: ApplyNode, selections: readonly (AxisSelection | undefined)[]): SparsePlan | undefined {
  const k = selections.findIndex(selection => selection !== undefined)
  const selection = selections[k]
  if (selection === undefined || !isLinear(node, k)) return undefined
  const result = resultSelection(node, k, selection)
  if (result === undefined) return undefined
  if (result === 'added') {
    const operands = defined(node.inputs.map((_, i) => (i === k ? selection : innerSelection(node, k, selection))))
    return operands && { sparse: [k], operands, result: 'whole' }
  }
  // Computed positions are scattered along a first side only.
  if (typeof result.at !== 'number' && result.before !== 1) return undefined
  const operands = defined(node.inputs.map((_, i) => operandSelection(node, i, result)))
  const sparse = operators[node.op].linearIn === 'jointly' ? node.inputs.map((_, i) => i) : [k]
  const agree = (i: number): boolean => {
    const [own, used] = [selections[i], operands?.[i]]
    return own !== undefined && used !== undefined && used !== 'whole' && sameSelection(own, used)
  }
  return operands && sparse.every(agree) ? { sparse, operands, result } : undefined
}

/** The nonzero rows of a graph. */
interface SparsityAnalysis {
  /** Positions where nodes may be nonzero. */
  readonly selections: ReadonlyMap<Node, AxisSelection>
  readonly plans: ReadonlyMap<Node, SparsePlan>
  /** Nodes on the way to a product, which gains from the rows alone. */
  readonly useful: ReadonlySet<Node>
}

function analyse(order: readonly Node[]): SparsityAnalysis {
  const selections = new Map<Node, AxisSelection>()
  const plans = new Map<Node, SparsePlan>()
  for (const node of order) {
    if (!isApply(node)) continue
    const plan = planOf(
      node,
      node.inputs.map(operand => selections.get(operand)),
    )
    if (plan !== undefined) plans.set(node, plan)
    const selection = plan === undefined ? scatteredSelection(node) : plan.result
    if (selection !== undefined && selection !== 'whole') selections.set(node, selection)
  }
  const useful = new Set<Node>()
  for (const node of [...order].reverse()) {
    const plan = plans.get(node)
    if (plan === undefined || !(node.op === 'matmul' || (plan.result !== 'whole' && useful.has(node)))) continue
    for (const k of plan.sparse) if (node.inputs[k]) useful.add(node.inputs[k])
  }
  return { selections, plans, useful }
}

/**
 * Rewrites `f(pad(x))` to `pad(f(x))` where `f` is linear, and so for scattered rows; products and sums along the side take
 * the rows alone. The gradient of an encoder that pools one token then passes the last block as one row.
 */
export function propagateRowSparsity(graph: Graph): Graph {
  const order = topological(graph)
  const { selections, plans, useful } = analyse(order)
  const whole = new Map<Node, Node>()
  const rows = new Map<Node, Node>()
  const rebuilt = (selection: AxisSelection): AxisSelection =>
    typeof selection.at === 'number' ? selection : { ...selection, at: wholeOf(selection.at) }
  const wholeOf = (node: Node): Node => {
    const [known, few, selection] = [whole.get(node), rows.get(node), selections.get(node)]
    if (known !== undefined || few === undefined || selection === undefined) return known ?? node
    const made = scatterSelection(few, node.shape, rebuilt(selection))
    whole.set(node, made)
    return made
  }
  /** The operands that a plan needs, if their rows are there. */
  const operandsOf = (node: ApplyNode, { sparse, operands }: SparsePlan): readonly Node[] | undefined =>
    defined(
      node.inputs.map((operand, k) => {
        const used = operands[k] ?? 'whole'
        if (sparse.includes(k)) return rows.get(operand)
        return used === 'whole' ? wholeOf(operand) : takeSelection(wholeOf(operand), rebuilt(used))
      }),
    )
  for (const node of order) {
    if (!isApply(node)) continue
    const plan = plans.get(node)
    const [operands, [values], selection] = [plan && operandsOf(node, plan), node.inputs, selections.get(node)]
    if (plan && operands && plan.result === 'whole') whole.set(node, apply(node.op, operands, node.attributes))
    else if (plan && operands && selection && (node.op === 'matmul' || useful.has(node)))
      rows.set(node, applyToSelection(node, operands, selection))
    else whole.set(node, apply(node.op, node.inputs.map(wholeOf), node.attributes))
    if (plan === undefined && selection && values && useful.has(node))
      rows.set(node, reshaped(wholeOf(values), selectedShape(node.shape, selection)))
  }
  return { inputs: graph.inputs, outputs: graph.outputs.map(({ name, node }) => ({ name, node: wholeOf(node) })) }
}
