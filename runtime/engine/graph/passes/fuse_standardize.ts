/** Fuses standardisation over the last side, also where a gradient uses its parts. */
import { apply, type Graph, isApply, type Node } from '../ir.ts'
import { listOf } from '../types.ts'
import { isFill, operandsOf, rewrite } from './rewrite.ts'

/** The operand of a mean over the last side that keeps a side of one. */
function meanOf(node: Node | undefined): Node | undefined {
  if (!node || !isApply(node) || node.op !== 'mean' || node.attributes.keep !== true) return undefined
  const [x] = node.inputs
  return `${listOf(node.attributes, 'axes')}` === `${(x?.shape.length ?? 0) - 1}` ? x : undefined
}

/** The `x` of `x - mean(x)`. */
function centredOf(node: Node | undefined): Node | undefined {
  const [x, mean] = operandsOf(node, 'sub')
  return x !== undefined && meanOf(mean) === x ? x : undefined
}

/** `reciprocal(sqrt(mean((x - mean(x))^2) + epsilon))` as `inverseDeviation(x)`. */
function inverseDeviation(node: Node): Node | undefined {
  const [root] = operandsOf(node, 'reciprocal')
  const [padded] = operandsOf(root, 'sqrt')
  const [variance, epsilon] = operandsOf(padded, 'add')
  const [a, b] = operandsOf(meanOf(variance), 'mul')
  const x = centredOf(a)
  return x && a === b && isFill(epsilon) ? apply('inverseDeviation', [x], { epsilon: epsilon.value }) : undefined
}

/** `(x - mean(x)) * inverseDeviation(x)` as `standardize(x)`. */
function standardize(node: Node): Node | undefined {
  const [centred, inverse] = operandsOf(node, 'mul')
  const [x] = operandsOf(inverse, 'inverseDeviation')
  if (!x || !inverse || !isApply(inverse) || centredOf(centred) !== x) return undefined
  return apply('standardize', [x], inverse.attributes)
}

/** Fuses the chains that `fuseOperators` leaves: those whose parts a gradient uses. */
export const fuseStandardize = (graph: Graph): Graph =>
  rewrite(graph, node => inverseDeviation(node) ?? standardize(node) ?? node)
