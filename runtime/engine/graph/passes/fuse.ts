/** Chains that are one operator of the runtime: layer normalisation and GELU where their parts are not needed elsewhere. */
import { type ApplyNode, apply, type Graph, isApply, type Node } from '../ir.ts'
import { listOf, type Op } from '../ops.ts'
import { isFill, rewrite } from './rewrite.ts'

const made = (node: Node | undefined, op: Op): ApplyNode | undefined =>
  node && isApply(node) && node.op === op ? node : undefined

const near = (node: Node | undefined, value: number): boolean => isFill(node) && Math.abs(node.value - value) < 1e-6

const overLast = (node: ApplyNode): boolean =>
  `${listOf(node.attributes, 'axes')}` === `${(node.inputs[0]?.shape.length ?? 0) - 1}` && node.attributes.keep === true

/** `(x - mean) * reciprocal(sqrt(mean((x - mean)^2) + epsilon)) * gain + bias`. */
function layerNorm(node: Node): Node | undefined {
  const shifted = made(node, 'add')
  const scaled = made(shifted?.inputs[0], 'mul')
  const normal = made(scaled?.inputs[0], 'mul')
  const centred = made(normal?.inputs[0], 'sub')
  const root = made(made(normal?.inputs[1], 'reciprocal')?.inputs[0], 'sqrt')
  const padded = made(root?.inputs[0], 'add')
  const variance = made(padded?.inputs[0], 'mean')
  const square = made(variance?.inputs[0], 'mul')
  const mean = made(centred?.inputs[1], 'mean')
  const epsilon = padded?.inputs[1]
  const [x, gain, bias] = [centred?.inputs[0], scaled?.inputs[1], shifted?.inputs[1]]
  if (!x || !gain || !bias || !mean || !variance || !square || !isFill(epsilon)) return undefined
  const fits =
    mean.inputs[0] === x &&
    square.inputs[0] === centred &&
    square.inputs[1] === centred &&
    overLast(mean) &&
    overLast(variance)
  const perChannel = [gain, bias].every(node => node.shape.length === 1 && node.shape[0] === x.shape.at(-1))
  return fits && perChannel ? apply('layerNorm', [x, gain, bias], { epsilon: epsilon.value }) : undefined
}

/** `x * (erf(x / sqrt 2) * 0.5 + 0.5)`. */
function gelu(node: Node): Node | undefined {
  const product = made(node, 'mul')
  const [x, share] = product?.inputs ?? []
  const shifted = made(share, 'add')
  const halved = made(shifted?.inputs[0], 'mul')
  const scaled = made(made(halved?.inputs[0], 'erf')?.inputs[0], 'mul')
  if (!x || scaled?.inputs[0] !== x || !near(scaled.inputs[1], Math.SQRT1_2)) return undefined
  return near(shifted?.inputs[1], 0.5) && near(halved?.inputs[1], 0.5) ? apply('gelu', [x]) : undefined
}

/** Adds fused operators; what they replace disappears where a gradient does not need it. */
export const fuse = (graph: Graph): Graph => rewrite(graph, node => layerNorm(node) ?? gelu(node) ?? node)
