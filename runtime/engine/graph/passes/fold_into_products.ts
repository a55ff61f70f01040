/** Folds transposes, scales and biases into matrix products. */
import { type ApplyNode, apply, type Graph, isApply, type Node, useCounts } from '../ir.ts'
import { flagOf, listOf } from '../types.ts'
import { isFill, rewrite, swapsLastTwo } from './rewrite.ts'

const isMatrixTranspose = (node: Node): node is ApplyNode =>
  isApply(node) && node.op === 'transpose' && swapsLastTwo(listOf(node.attributes, 'perm'))

/** Rewrites `matmul(transpose(a), b)` to `matmul(a, b)` with `transposeA`, and so for `b`. */
export const foldTransposes = (graph: Graph): Graph =>
  rewrite(graph, node => {
    if (!isApply(node) || node.op !== 'matmul') return node
    const [a, b] = node.inputs
    if (a === undefined || b === undefined || !(isMatrixTranspose(a) || isMatrixTranspose(b))) return node
    const side = (operand: Node) => (isMatrixTranspose(operand) ? (operand.inputs[0] ?? operand) : operand)
    return apply('matmul', [side(a), side(b)], {
      ...node.attributes,
      transposeA: flagOf(node.attributes, 'transposeA') !== isMatrixTranspose(a),
      transposeB: flagOf(node.attributes, 'transposeB') !== isMatrixTranspose(b),
    })
  })

/** The first operand of `node` where it is a product with no other use. */
function soleProduct(node: ApplyNode, original: Node, uses: ReadonlyMap<Node, number>): ApplyNode | undefined {
  const [product] = node.inputs
  const [before] = original.inputs
  if (product === undefined || before === undefined || !isApply(product) || product.op !== 'matmul') return undefined
  return product.dtype === 'float32' && uses.get(before) === 1 ? product : undefined
}

/** Rewrites `matmul(a, b) * c` to `matmul(a, b)` with `alpha`. */
export function foldScales(graph: Graph): Graph {
  const uses = useCounts(graph)
  return rewrite(graph, (node, original) => {
    if (!isApply(node) || node.op !== 'mul') return node
    const factor = node.inputs[1]
    const product = soleProduct(node, original, uses)
    if (product === undefined || !isFill(factor) || factor?.shape.length !== 0) return node
    const alpha = typeof product.attributes.alpha === 'number' ? product.attributes.alpha : 1
    return apply('matmul', product.inputs, { ...product.attributes, alpha: alpha * factor.value })
  })
}

/** Rewrites `matmul(a, b) + bias` of matrices to `linear(a, b, bias)`. */
export function foldBiases(graph: Graph): Graph {
  const uses = useCounts(graph)
  return rewrite(graph, (node, original) => {
    if (!isApply(node) || node.op !== 'add') return node
    const bias = node.inputs[1]
    const product = soleProduct(node, original, uses)
    if (product === undefined || bias === undefined || product.attributes.alpha !== undefined) return node
    const flat = product.inputs.every(operand => operand.shape.length === 2)
    if (!flat || bias.shape.length !== 1 || bias.shape[0] !== product.shape[1]) return node
    return apply('linear', [...product.inputs, bias], product.attributes)
  })
}
