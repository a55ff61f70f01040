/** What the way back needs of an activation is worked out on the way forward, while its operand is in the caches. */
import { apply, type Graph, isApply, type Node, topological } from '../ir.ts'
import { rewrite } from './rewrite.ts'

const made = (node: Node | undefined, op: string): readonly Node[] => (node?.op === op ? node.inputs : [])

/** `share + u * exp(peak - u * u)`, the slope of GELU's `u * share` but for a factor. */
const slope = (u: Node, share: Node, peak: Node): Node =>
  apply('add', [share, apply('mul', [u, apply('exp', [apply('sub', [peak, apply('mul', [u, u])])])])])

/** The `share` and `peak` of a node that is such a slope. */
function partsOf(node: Node): { readonly share: Node; readonly peak: Node } | undefined {
  const [share, product] = made(node, 'add')
  const [u, density] = made(product, 'mul')
  const [peak, square] = made(made(density, 'exp')[0], 'sub')
  const [a, b] = made(square, 'mul')
  return share && peak && a === u && b === u ? { share, peak } : undefined
}

/**
 * Where GELU's value `u * share` goes through a layer and its slope is needed too, the layer's bias waits for the slope.
 * The runtime would else compute it when the gradient asks, from two large arrays that have left the caches by then.
 * `share` must follow, so that the slope is one node again.
 */
export function hasten(graph: Graph): Graph {
  const peaks = new Map<Node, Node>()
  for (const node of topological(graph)) {
    const parts = partsOf(node)
    if (parts !== undefined) peaks.set(parts.share, parts.peak)
  }
  return rewrite(graph, (node, original) => {
    if (!isApply(node) || node.op !== 'linear') return node
    const activation = (layer: Node) => {
      const [value] = layer.inputs
      return made(value?.op === 'reshape' ? value.inputs[0] : value, 'mul')
    }
    const peak = peaks.get(activation(original)[1] ?? original)
    const [u, share] = activation(node)
    const [a, b, bias] = node.inputs
    if (!peak || !u || !share || !a || !b || !bias) return node
    return apply(
      'linear',
      [a, b, apply('controlDependency', [bias, slope(u, share, peak)], { hint: true })],
      node.attributes,
    )
  })
}
