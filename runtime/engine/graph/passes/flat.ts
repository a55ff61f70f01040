/** Reshapes go down past what does not mind them, until they meet another and are one, or none. */

import { isBinary, isOnLastSide, isUnary } from '../../operators/lookup.ts'
import { type ApplyNode, apply, type Graph, isApply, type Node } from '../ir.ts'
import { sameShape } from '../types.ts'
import { reshaped, rewrite } from './rewrite.ts'

/** What a node is a reshape of, also of several. */
function sourceOf(node: Node | undefined): Node | undefined {
  if (!node || !isApply(node) || node.op !== 'reshape') return undefined
  return sourceOf(node.inputs[0]) ?? node.inputs[0]
}

/** The node on operands of other shapes, in its own shape again. */
const beneath = (node: ApplyNode, operands: readonly Node[]): Node =>
  reshaped(apply(node.op, operands, node.attributes), node.shape)

/** Of the shapes that two operands are reshaped from, the one to meet in: both have it, or it is a layer's, which has two sides. */
function meetingShape(a: Node, b: Node): readonly number[] | undefined {
  const [x, y] = [sourceOf(a), sourceOf(b)]
  if (x && y && sameShape(x.shape, y.shape)) return x.shape
  return [x, y].find(source => source?.op === 'linear')?.shape
}

function sunkBinary(node: ApplyNode, a: Node, b: Node): Node {
  if (sameShape(a.shape, b.shape)) {
    const shape = meetingShape(a, b)
    return shape ? beneath(node, [reshaped(a, shape), reshaped(b, shape)]) : node
  }
  /** Where `other` is one number, or goes along the last side of `large` and of what that is a reshape of. */
  const alongLast = (large: Node, other: Node): Node | undefined => {
    const source = sourceOf(large)
    if (source === undefined || !sameShape(large.shape, node.shape) || other.shape.length > 1) return undefined
    const last = other.shape[0]
    return last === undefined || (last === large.shape.at(-1) && last === source.shape.at(-1)) ? source : undefined
  }
  const [x, y] = [alongLast(a, b), alongLast(b, a)]
  if (x !== undefined) return beneath(node, [x, b])
  return y === undefined ? node : beneath(node, [a, y])
}

function sunk(node: Node): Node {
  if (!isApply(node)) return node
  const [first, ...others] = node.inputs
  const [x, [second]] = [sourceOf(first), others]
  if (first === undefined) return node
  if (node.op === 'reshape') return reshaped(first, node.shape)
  if (isBinary(node.op)) return second ? sunkBinary(node, first, second) : node
  if (x === undefined) return node
  if (isUnary(node.op) || node.op === 'cast') return beneath(node, [x])
  return isOnLastSide(node.op) && x.shape.length > 1 && x.shape.at(-1) === first.shape.at(-1)
    ? beneath(node, [x, ...others])
    : node
}

/** `f(reshape(x))` becomes `reshape(f(x))`, so that between layers, whose arrays have two sides, nothing is reshaped. */
export const sinkReshapes = (graph: Graph): Graph => rewrite(graph, sunk)
