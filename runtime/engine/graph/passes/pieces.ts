/** What is cut into pieces that are treated alike and put side by side is treated at once. */

import { isReduction, isUnary } from '../../operators/lookup.ts'
import { type ApplyNode, apply, type Graph, isApply, type Node, useCounts } from '../ir.ts'
import { attributesText } from '../print.ts'
import { listOf, numberOf } from '../types.ts'
import { rewrite } from './rewrite.ts'

/** Positions of `whole` along an axis, all of its other sides. */
interface Piece {
  readonly whole: Node
  readonly start: number
  readonly size: number
}

function pieceOf(node: Node, axis: number): Piece {
  const [whole] = node.inputs
  const size = node.shape[axis] ?? 0
  if (!whole || !isApply(node) || node.op !== 'slice' || listOf(node.attributes, 'strides').some(step => step !== 1))
    return { whole: node, start: 0, size }
  const along = whole.shape.every((side, i) => i === axis || side === node.shape[i])
  return along ? { whole, start: listOf(node.attributes, 'starts')[axis] ?? 0, size } : { whole: node, start: 0, size }
}

/** Pieces that follow each other in the same array as one. */
function joined(pieces: readonly Piece[]): readonly Piece[] {
  const runs: Piece[] = []
  for (const piece of pieces) {
    const last = runs.at(-1)
    if (last?.whole === piece.whole && last.start + last.size === piece.start)
      runs[runs.length - 1] = { ...last, size: last.size + piece.size }
    else runs.push(piece)
  }
  return runs
}

function cut({ whole, start, size }: Piece, axis: number): Node {
  if (size === whole.shape[axis]) return whole
  return apply('slice', [whole], {
    starts: whole.shape.map((_, i) => (i === axis ? start : 0)),
    sizes: whole.shape.map((side, i) => (i === axis ? size : side)),
    strides: whole.shape.map(() => 1),
  })
}

/** Nodes that all are the same operation on one operand each. */
function alike(nodes: readonly Node[]): readonly ApplyNode[] | undefined {
  const applied = nodes.filter(isApply)
  const [first] = applied
  if (!first || applied.length < nodes.length || first.inputs.length !== 1) return undefined
  const text = ({ op, attributes }: ApplyNode) => `${op}${attributesText(attributes)}`
  return applied.every(node => text(node) === text(first)) ? applied : undefined
}

/** Reductions of equal pieces along the axis itself: one reduction of a new side, as long as a piece. */
function reducedAtOnce(nodes: readonly ApplyNode[], axis: number): Node | undefined {
  const [first] = nodes
  const operands = nodes.flatMap(({ inputs }) => inputs)
  const size = operands[0]?.shape[axis] ?? 0
  if (first?.attributes.keep !== true || operands.some(({ shape }) => shape[axis] !== size)) return undefined
  const [run, ...others] = joined(operands.map(operand => pieceOf(operand, axis)))
  if (run === undefined || others.length > 0) return undefined
  const whole = cut(run, axis)
  const shape = [...whole.shape.slice(0, axis), nodes.length, size, ...whole.shape.slice(axis + 1)]
  return apply(first.op, [apply('reshape', [whole], { shape })], { axes: [axis + 1], keep: false })
}

/** Along which axis, and whether a node was needed by nothing else before it was rewritten. */
interface Context {
  readonly axis: number
  readonly isLone: (node: Node) => boolean
}

/** What is the same operation on every one of the nodes, once. */
function atOnce(nodes: readonly Node[], context: Context): Node | undefined {
  const same = nodes.every(context.isLone) ? alike(nodes) : undefined
  const [first] = same ?? []
  if (!same || !first) return undefined
  const { axis } = context
  const axes = isReduction(first.op) ? listOf(first.attributes, 'axes') : []
  if (axes.length === 1 && axes[0] === axis) return reducedAtOnce(same, axis)
  const keepsAxis = isUnary(first.op) || first.op === 'cast' || (axes.length > 0 && first.attributes.keep === true)
  if (!keepsAxis || axes.includes(axis)) return undefined
  const whole = sideBySide(
    same.flatMap(({ inputs }) => inputs),
    context,
  )
  return whole && apply(first.op, [whole], first.attributes)
}

/** `nodes` side by side along an axis, if fewer operations do. */
function sideBySide(nodes: readonly Node[], context: Context): Node | undefined {
  const { axis } = context
  const runs = joined(nodes.map(node => pieceOf(node, axis)))
  if (runs.length === nodes.length) return atOnce(nodes, context)
  const parts = runs.map(run => cut(run, axis))
  const [only] = parts
  return parts.length === 1 ? only : apply('concat', parts, { axis })
}

/** `concat(f(slice(x)), f(slice(x)), ...)` becomes `f(x)`, for reductions and for what goes element by element. */
export function joinPieces(graph: Graph): Graph {
  const uses = useCounts(graph)
  const origins = new Map<Node, Node>()
  const isLone = (node: Node) => uses.get(origins.get(node) ?? node) === 1
  return rewrite(graph, (node, original) => {
    const joined =
      isApply(node) && node.op === 'concat'
        ? sideBySide(node.inputs, { axis: numberOf(node.attributes, 'axis'), isLone })
        : undefined
    origins.set(joined ?? node, original)
    return joined ?? node
  })
}
