/** Moves reshapes behind elementwise and last-side operators, until they meet another reshape and merge. */

import { isBinary, isOnLastSide, isUnary } from '../../operators/lookup.ts'
import { type ApplyNode, apply, type Graph, isApply, type Node } from '../ir.ts'
import { sameShape } from '../types.ts'
import { reshaped, rewrite } from './rewrite.ts'

/** The node that one or several reshapes start from. */
function sourceOf(node: Node | undefined): Node | undefined {
  if (!node || !isApply(node) || node.op !== 'reshape') return undefined
  return sourceOf(node.inputs[0]) ?? node.inputs[0]
}

/** The operator applied to operands of other shapes, reshaped to the shape of the node. */
const reshapedResult = (node: ApplyNode, operands: readonly Node[]): Node =>
  reshaped(apply(node.op, operands, node.attributes), node.shape)

/** Of the shapes that two operands are reshaped from, the common one: both have it, or it is that of a layer. */
function commonShape(a: Node, b: Node): readonly number[] | undefined {
  const [x, y] = [sourceOf(a), sourceOf(b)]
  if (x && y && sameShape(x.shape, y.shape)) return x.shape
  return [x, y].find(source => source?.op === 'linear')?.shape
}

function sinkBinary(node: ApplyNode, a: Node, b: Node): Node {
  if (sameShape(a.shape, b.shape)) {
    const shape = commonShape(a, b)
    return shape ? reshapedResult(node, [reshaped(a, shape), reshaped(b, shape)]) : node
  }
  /** The source of `large`, where `other` is one number or lies along the last side of `large` and of its source. */
  const alongLast = (large: Node, other: Node): Node | undefined => {
    const source = sourceOf(large)
    if (source === undefined || !sameShape(large.shape, node.shape) || other.shape.length > 1) return undefined
    const last = other.shape[0]
    return last === undefined || (last === large.shape.at(-1) && last === source.shape.at(-1)) ? source : undefined
  }
  const [x, y] = [alongLast(a, b), alongLast(b, a)]
  if (x !== undefined) return reshapedResult(node, [x, b])
  return y === undefined ? node : reshapedResult(node, [a, y])
}

function sink(node: Node): Node {
  if (!isApply(node)) return node
  const [first, ...others] = node.inputs
  const [x, [second]] = [sourceOf(first), others]
  if (first === undefined) return node
  if (node.op === 'reshape') return reshaped(first, node.shape)
  if (isBinary(node.op)) return second ? sinkBinary(node, first, second) : node
  if (x === undefined) return node
  if (isUnary(node.op) || node.op === 'cast') return reshapedResult(node, [x])
  return isOnLastSide(node.op) && x.shape.length > 1 && x.shape.at(-1) === first.shape.at(-1)
    ? reshapedResult(node, [x, ...others])
    : node
}

/** Rewrites `f(reshape(x))` to `reshape(f(x))`, so that there are no reshapes between layers, whose arrays have two sides. */
export const sinkReshapes = (graph: Graph): Graph => rewrite(graph, sink)
