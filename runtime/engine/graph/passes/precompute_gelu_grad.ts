/** Computes the gradient of GELU in the forward pass, while the operand is in the caches. */
import { apply, type Graph, isApply, type Node, topological } from '../ir.ts'
import { operandsOf, rewrite } from './rewrite.ts'

/** `share + u * exp(peak - u * u)`: the derivative of GELU's `u * share` up to a factor. */
const derivative = (u: Node, share: Node, peak: Node): Node =>
  apply('add', [share, apply('mul', [u, apply('exp', [apply('sub', [peak, apply('mul', [u, u])])])])])

/** The `share` and `peak` of a node that is such a derivative. */
function partsOf(node: Node): { readonly share: Node; readonly peak: Node } | undefined {
  const [share, product] = operandsOf(node, 'add')
  const [u, density] = operandsOf(product, 'mul')
  const [peak, square] = operandsOf(operandsOf(density, 'exp')[0], 'sub')
  const [a, b] = operandsOf(square, 'mul')
  return share && peak && a === u && b === u ? { share, peak } : undefined
}

/**
 * Makes the bias of a layer depend on the derivative of GELU, if the value of GELU, `u * share`, is an operand of the
 * layer and the graph has the derivative too. Otherwise the runtime computes it in the backward pass, from two large
 * arrays that are no longer in the caches. `eliminateCommonSubexpressions` must follow, so that the derivative is one
 * node again.
 */
export function precomputeGeluGrad(graph: Graph): Graph {
  const peaks = new Map<Node, Node>()
  for (const node of topological(graph)) {
    const parts = partsOf(node)
    if (parts !== undefined) peaks.set(parts.share, parts.peak)
  }
  return rewrite(graph, (node, original) => {
    if (!isApply(node) || node.op !== 'linear') return node
    const activation = (layer: Node) => {
      const [value] = layer.inputs
      return operandsOf(value?.op === 'reshape' ? value.inputs[0] : value, 'mul')
    }
    const peak = peaks.get(activation(original)[1] ?? original)
    const [u, share] = activation(node)
    const [a, b, bias] = node.inputs
    if (!peak || !u || !share || !a || !b || !bias) return node
    return apply(
      'linear',
      [a, b, apply('controlDependency', [bias, derivative(u, share, peak)], { hint: true })],
      node.attributes,
    )
  })
}
