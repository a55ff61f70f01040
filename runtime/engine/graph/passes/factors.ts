/** Factors leave large arrays: products take them as `alpha`, sums give them to their smaller result. */
import { type ApplyNode, apply, type Graph, isApply, type Node, scalar, useCounts } from '../ir.ts'
import { sizeOf } from '../types.ts'
import { isFill, rewrite } from './rewrite.ts'

const alphaOf = ({ attributes }: ApplyNode): number => (typeof attributes.alpha === 'number' ? attributes.alpha : 1)

/** Whether float32 holds a joint factor. */
const holds = (factor: number): boolean => Number.isFinite(Math.fround(factor)) && Math.fround(factor) !== 0

function withAlpha(node: ApplyNode, operands: readonly Node[], alpha: number): ApplyNode {
  const { alpha: _, ...others } = node.attributes
  return apply(node.op, operands, alpha === 1 ? others : { ...others, alpha })
}

/** `x` and `factor` of `x * factor`, also through a reshape. */
function scaled(node: Node | undefined): { readonly x: Node; readonly factor: number } | undefined {
  if (node === undefined || !isApply(node) || node.dtype !== 'float32') return undefined
  const [x, factor] = node.inputs
  if (node.op === 'mul' && x && isFill(factor) && factor.shape.length === 0) return { x, factor: factor.value }
  if (node.op !== 'reshape') return undefined
  const inner = scaled(x)
  return inner && { x: apply('reshape', [inner.x], node.attributes), factor: inner.factor }
}

/** `matmul(a * c, b)` is `matmul(a, b)` with c in its alpha. */
function intoProduct(node: ApplyNode): Node {
  const [a, b, ...bias] = node.inputs
  if (a === undefined || b === undefined) return node
  const [left, right] = [scaled(a), scaled(b)]
  if (left === undefined && right === undefined) return node
  const alpha = alphaOf(node) * (left?.factor ?? 1) * (right?.factor ?? 1)
  return holds(alpha) ? withAlpha(node, [left?.x ?? a, right?.x ?? b, ...bias], alpha) : node
}

/** `linear(a, b, bias) * c`, where nothing else uses the layer, scales inside the product and the bias beside it. */
function ontoLayer(node: ApplyNode, original: Node, uses: ReadonlyMap<Node, number>): Node {
  const [x, factor] = node.inputs
  if (!isFill(factor) || factor.shape.length > 0 || uses.get(original.inputs[0] ?? node) !== 1) return node
  const [layer, before] = x?.op === 'reshape' ? [x.inputs[0], original.inputs[0]?.inputs[0]] : [x, original.inputs[0]]
  if (!layer || !isApply(layer) || layer.op !== 'linear' || before === undefined || uses.get(before) !== 1) return node
  const [a, b, bias] = layer.inputs
  const alpha = alphaOf(layer) * factor.value
  if (a === undefined || b === undefined || bias === undefined || !holds(alpha)) return node
  const product = withAlpha(layer, [a, b, apply('mul', [bias, scalar(factor.value)])], alpha)
  return x?.op === 'reshape' ? apply('reshape', [product], { shape: node.shape }) : product
}

/** `sum(x * c)` is `sum(x) * c`. */
function outOfSum(node: ApplyNode): Node {
  const inner = scaled(node.inputs[0])
  if (inner === undefined || sizeOf(node.shape) === sizeOf(inner.x.shape) || !holds(inner.factor)) return node
  return apply('mul', [apply('sum', [inner.x], node.attributes), scalar(inner.factor)])
}

/** Moves factors as far as they go; those that an activation or its gradient leaves behind then cost nothing. */
export function moveFactors(graph: Graph): Graph {
  const uses = useCounts(graph)
  return rewrite(graph, (node, original) => {
    if (!isApply(node) || node.dtype !== 'float32') return node
    switch (node.op) {
      case 'matmul':
      case 'linear':
        return intoProduct(node)
      case 'sum':
        return outOfSum(node)
      case 'mul':
        return ontoLayer(node, original, uses)
      default:
        return node
    }
  })
}
