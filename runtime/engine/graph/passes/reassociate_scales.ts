/** Moves constant factors off large arrays: into `alpha` of products, and behind sums. */
import { type ApplyNode, apply, type Graph, isApply, type Node, scalar, useCounts } from '../ir.ts'
import { sizeOf } from '../types.ts'
import { isFill, rewrite } from './rewrite.ts'

const alphaOf = ({ attributes }: ApplyNode): number => (typeof attributes.alpha === 'number' ? attributes.alpha : 1)

/** True if float32 represents a combined factor. */
const isRepresentable = (factor: number): boolean => Number.isFinite(Math.fround(factor)) && Math.fround(factor) !== 0

function withAlpha(node: ApplyNode, operands: readonly Node[], alpha: number): ApplyNode {
  const { alpha: _, ...others } = node.attributes
  return apply(node.op, operands, alpha === 1 ? others : { ...others, alpha })
}

/** The `x` and `factor` of `x * factor`, also through a reshape. */
function scaled(node: Node | undefined): { readonly x: Node; readonly factor: number } | undefined {
  if (node === undefined || !isApply(node) || node.dtype !== 'float32') return undefined
  const [x, factor] = node.inputs
  if (node.op === 'mul' && x && isFill(factor) && factor.shape.length === 0) return { x, factor: factor.value }
  if (node.op !== 'reshape') return undefined
  const inner = scaled(x)
  return inner && { x: apply('reshape', [inner.x], node.attributes), factor: inner.factor }
}

/** Rewrites `matmul(a * c, b)` to `matmul(a, b)` with `c` in `alpha`. */
function scaleIntoProduct(node: ApplyNode): Node {
  const [a, b, ...bias] = node.inputs
  if (a === undefined || b === undefined) return node
  const [left, right] = [scaled(a), scaled(b)]
  if (left === undefined && right === undefined) return node
  const alpha = alphaOf(node) * (left?.factor ?? 1) * (right?.factor ?? 1)
  return isRepresentable(alpha) ? withAlpha(node, [left?.x ?? a, right?.x ?? b, ...bias], alpha) : node
}

/** Rewrites `linear(a, b, bias) * c` to a layer with `c` in `alpha` and a scaled bias, where the layer has no other use. */
function scaleIntoLayer(node: ApplyNode, original: Node, uses: ReadonlyMap<Node, number>): Node {
  const [x, factor] = node.inputs
  if (!isFill(factor) || factor.shape.length > 0 || uses.get(original.inputs[0] ?? node) !== 1) return node
  const [layer, before] = x?.op === 'reshape' ? [x.inputs[0], original.inputs[0]?.inputs[0]] : [x, original.inputs[0]]
  if (!layer || !isApply(layer) || layer.op !== 'linear' || before === undefined || uses.get(before) !== 1) return node
  const [a, b, bias] = layer.inputs
  const alpha = alphaOf(layer) * factor.value
  if (a === undefined || b === undefined || bias === undefined || !isRepresentable(alpha)) return node
  const product = withAlpha(layer, [a, b, apply('mul', [bias, scalar(factor.value)])], alpha)
  return x?.op === 'reshape' ? apply('reshape', [product], { shape: node.shape }) : product
}

/** Rewrites `sum(x * c)` to `sum(x) * c`. */
function scaleOutOfSum(node: ApplyNode): Node {
  const inner = scaled(node.inputs[0])
  if (inner === undefined || sizeOf(node.shape) === sizeOf(inner.x.shape) || !isRepresentable(inner.factor)) return node
  return apply('mul', [apply('sum', [inner.x], node.attributes), scalar(inner.factor)])
}

/** Reassociates constant factors, such as those of an activation and its gradient. */
export function reassociateScales(graph: Graph): Graph {
  const uses = useCounts(graph)
  return rewrite(graph, (node, original) => {
    if (!isApply(node) || node.dtype !== 'float32') return node
    switch (node.op) {
      case 'matmul':
      case 'linear':
        return scaleIntoProduct(node)
      case 'sum':
        return scaleOutOfSum(node)
      case 'mul':
        return scaleIntoLayer(node, original, uses)
      default:
        return node
    }
  })
}
