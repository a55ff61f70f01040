/** Fuses chains of operators that the runtime has as one operator: layer normalisation and GELU. */

import type { Op } from '../../operators/lookup.ts'
import { type ApplyNode, apply, type Graph, isApply, type Node, useCounts } from '../ir.ts'
import { listOf } from '../types.ts'
import { isFill, rewrite } from './rewrite.ts'

const applied = (node: Node | undefined, op: Op): ApplyNode | undefined =>
  node && isApply(node) && node.op === op ? node : undefined

const near = (node: Node | undefined, value: number): boolean => isFill(node) && Math.abs(node.value - value) < 1e-6

const overLast = (node: ApplyNode): boolean =>
  `${listOf(node.attributes, 'axes')}` === `${(node.inputs[0]?.shape.length ?? 0) - 1}` && node.attributes.keep === true

/** A chain that matches. */
interface ChainMatch {
  readonly fused: Node
  /** A node inside the chain; fusing saves time only if it has no use outside the chain. */
  readonly part: Node
}

/** `(x - mean) * reciprocal(sqrt(mean((x - mean)^2) + epsilon)) * gain + bias`. */
function layerNorm(node: Node): ChainMatch | undefined {
  const shifted = applied(node, 'add')
  const scaled = applied(shifted?.inputs[0], 'mul')
  const normal = applied(scaled?.inputs[0], 'mul')
  const centred = applied(normal?.inputs[0], 'sub')
  const root = applied(applied(normal?.inputs[1], 'reciprocal')?.inputs[0], 'sqrt')
  const padded = applied(root?.inputs[0], 'add')
  const variance = applied(padded?.inputs[0], 'mean')
  const square = applied(variance?.inputs[0], 'mul')
  const mean = applied(centred?.inputs[1], 'mean')
  const epsilon = padded?.inputs[1]
  const [x, gain, bias] = [centred?.inputs[0], scaled?.inputs[1], shifted?.inputs[1]]
  if (!x || !gain || !bias || !mean || !variance || !square || !normal || !isFill(epsilon)) return undefined
  const squares = square.inputs.every(operand => operand === centred)
  const perChannel = [gain, bias].every(({ shape }) => shape.length === 1 && shape[0] === x.shape.at(-1))
  if (mean.inputs[0] !== x || !squares || !overLast(mean) || !overLast(variance) || !perChannel) return undefined
  return { fused: apply('layerNorm', [x, gain, bias], { epsilon: epsilon.value }), part: normal }
}

/** `u * (erf(u) + 1) / sqrt 2` where `u` is `x / sqrt 2`. */
function gelu(node: Node): ChainMatch | undefined {
  const whole = applied(node, 'mul')
  const product = applied(whole?.inputs[0], 'mul')
  const [scaled, share] = [applied(product?.inputs[0], 'mul'), applied(product?.inputs[1], 'add')]
  const x = scaled?.inputs[0]
  if (!x || !share || applied(share.inputs[0], 'erf')?.inputs[0] !== scaled || !near(share.inputs[1], 1))
    return undefined
  if (!near(whole?.inputs[1], Math.SQRT1_2) || !near(scaled?.inputs[1], Math.SQRT1_2)) return undefined
  return { fused: apply('gelu', [x]), part: share }
}

const match = (node: Node): ChainMatch | undefined => layerNorm(node) ?? gelu(node)

/** Fuses chains with no outside use of their parts; a chain whose parts a gradient uses stays as it is. */
export function fuseOperators(graph: Graph): Graph {
  const uses = useCounts(graph)
  return rewrite(graph, (node, original) => {
    const before = match(original)
    if (before === undefined || uses.get(before.part) !== 1) return node
    return match(node)?.fused ?? node
  })
}
