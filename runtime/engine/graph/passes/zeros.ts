/** Zeros are not computed with: the gradient of few rows stays those rows until something needs the others. */
import { operators } from '../../operators/lookup.ts'
import { type ApplyNode, apply, type Graph, isApply, type Node, topological } from '../ir.ts'
import { reshaped } from './rewrite.ts'
import { type Selection, sameSelection, selectedShape, spreadOf, spreadOut, take } from './selection.ts'
import { innerSelection, narrowed, operandSelection, resultSelection } from './through.ts'

/** How an operation that is linear in operands with few rows works on these rows alone. */
interface Plan {
  /** Numbers of the operands that have zeros elsewhere. */
  readonly sparse: readonly number[]
  /** What is used of each operand. */
  readonly operands: readonly (Selection | 'whole')[]
  /** Where the result is not zero; `whole` where the rows are added up. */
  readonly result: Selection | 'whole'
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

/** The plan of a node of which some operands have few rows, `selections`, if it can work on them alone. */
function planOf(node: ApplyNode, selections: readonly (Selection | undefined)[]): Plan | undefined {
  const k = selections.findIndex(selection => selection !== undefined)
  const selection = selections[k]
  if (selection === undefined || !isLinear(node, k)) return undefined
  const result = resultSelection(node, k, selection)
  if (result === undefined) return undefined
  if (result === 'added') {
    const operands = defined(node.inputs.map((_, i) => (i === k ? selection : innerSelection(node, k, selection))))
    return operands && { sparse: [k], operands, result: 'whole' }
  }
  // Positions that are computed are spread out along a first side only.
  if (typeof result.at !== 'number' && result.before !== 1) return undefined
  const operands = defined(node.inputs.map((_, i) => operandSelection(node, i, result)))
  const sparse = operators[node.op].linearIn === 'jointly' ? node.inputs.map((_, i) => i) : [k]
  const agree = (i: number): boolean => {
    const [own, used] = [selections[i], operands?.[i]]
    return own !== undefined && used !== undefined && used !== 'whole' && sameSelection(own, used)
  }
  return operands && sparse.every(agree) ? { sparse, operands, result } : undefined
}

interface Analysis {
  /** Where nodes are not zero. */
  readonly selections: ReadonlyMap<Node, Selection>
  readonly plans: ReadonlyMap<Node, Plan>
  /** Nodes that lead to a product, for which it pays to have the rows apart. */
  readonly wanted: ReadonlySet<Node>
}

function analyse(order: readonly Node[]): Analysis {
  const selections = new Map<Node, Selection>()
  const plans = new Map<Node, Plan>()
  for (const node of order) {
    if (!isApply(node)) continue
    const plan = planOf(
      node,
      node.inputs.map(operand => selections.get(operand)),
    )
    if (plan !== undefined) plans.set(node, plan)
    const selection = plan === undefined ? spreadOf(node) : plan.result
    if (selection !== undefined && selection !== 'whole') selections.set(node, selection)
  }
  const wanted = new Set<Node>()
  for (const node of [...order].reverse()) {
    const plan = plans.get(node)
    if (plan === undefined || !(node.op === 'matmul' || (plan.result !== 'whole' && wanted.has(node)))) continue
    for (const k of plan.sparse) if (node.inputs[k]) wanted.add(node.inputs[k])
  }
  return { selections, plans, wanted }
}

/**
 * `f(pad(x))` becomes `pad(f(x))`, and so with rows that are scattered, where `f` is linear; products and sums along the side
 * need the rows alone. The gradient of an encoder that pools one token then goes back through its last block as that token.
 */
export function moveZeros(graph: Graph): Graph {
  const order = topological(graph)
  const { selections, plans, wanted } = analyse(order)
  const whole = new Map<Node, Node>()
  const rows = new Map<Node, Node>()
  const rebuilt = (selection: Selection): Selection =>
    typeof selection.at === 'number' ? selection : { ...selection, at: wholeOf(selection.at) }
  const wholeOf = (node: Node): Node => {
    const [known, few, selection] = [whole.get(node), rows.get(node), selections.get(node)]
    if (known !== undefined || few === undefined || selection === undefined) return known ?? node
    const made = spreadOut(few, node.shape, rebuilt(selection))
    whole.set(node, made)
    return made
  }
  /** The operands that a plan needs, if their rows are there. */
  const operandsOf = (node: ApplyNode, { sparse, operands }: Plan): readonly Node[] | undefined =>
    defined(
      node.inputs.map((operand, k) => {
        const used = operands[k] ?? 'whole'
        if (sparse.includes(k)) return rows.get(operand)
        return used === 'whole' ? wholeOf(operand) : take(wholeOf(operand), rebuilt(used))
      }),
    )
  for (const node of order) {
    if (!isApply(node)) continue
    const plan = plans.get(node)
    const [operands, [values], selection] = [plan && operandsOf(node, plan), node.inputs, selections.get(node)]
    if (plan && operands && plan.result === 'whole') whole.set(node, apply(node.op, operands, node.attributes))
    else if (plan && operands && selection && (node.op === 'matmul' || wanted.has(node)))
      rows.set(node, narrowed(node, operands, selection))
    else whole.set(node, apply(node.op, node.inputs.map(wholeOf), node.attributes))
    if (plan === undefined && selection && values && wanted.has(node))
      rows.set(node, reshaped(wholeOf(values), selectedShape(node.shape, selection)))
  }
  return { inputs: graph.inputs, outputs: graph.outputs.map(({ name, node }) => ({ name, node: wholeOf(node) })) }
}
