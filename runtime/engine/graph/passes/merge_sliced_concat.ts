/** Merges the branches of a concat that apply the same operators to slices of one array. */

import { isReduction, isUnary } from '../../operators/lookup.ts'
import { type ApplyNode, apply, type Graph, isApply, type Node, useCounts } from '../ir.ts'
import { attributesText } from '../print.ts'
import { listOf, numberOf } from '../types.ts'
import { rewrite } from './rewrite.ts'

/** Positions of `source` along one axis, complete along the others. */
interface SourceSlice {
  readonly source: Node
  readonly start: number
  readonly size: number
}

function sliceOf(node: Node, axis: number): SourceSlice {
  const [source] = node.inputs
  const size = node.shape[axis] ?? 0
  if (!source || !isApply(node) || node.op !== 'slice' || listOf(node.attributes, 'strides').some(step => step !== 1))
    return { source: node, start: 0, size }
  const along = source.shape.every((side, i) => i === axis || side === node.shape[i])
  return along
    ? { source, start: listOf(node.attributes, 'starts')[axis] ?? 0, size }
    : { source: node, start: 0, size }
}

/** Slices with adjacent slices of the same array merged. */
function merged(slices: readonly SourceSlice[]): readonly SourceSlice[] {
  const runs: SourceSlice[] = []
  for (const part of slices) {
    const last = runs.at(-1)
    if (last?.source === part.source && last.start + last.size === part.start)
      runs[runs.length - 1] = { ...last, size: last.size + part.size }
    else runs.push(part)
  }
  return runs
}

function sliced({ source, start, size }: SourceSlice, axis: number): Node {
  if (size === source.shape[axis]) return source
  return apply('slice', [source], {
    starts: source.shape.map((_, i) => (i === axis ? start : 0)),
    sizes: source.shape.map((side, i) => (i === axis ? size : side)),
    strides: source.shape.map(() => 1),
  })
}

/** The nodes, where all apply the same operator with the same attributes to one operand each. */
function sameOperator(nodes: readonly Node[]): readonly ApplyNode[] | undefined {
  const applied = nodes.filter(isApply)
  const [first] = applied
  if (!first || applied.length < nodes.length || first.inputs.length !== 1) return undefined
  const text = ({ op, attributes }: ApplyNode) => `${op}${attributesText(attributes)}`
  return applied.every(node => text(node) === text(first)) ? applied : undefined
}

/** Merges reductions of equal slices along the axis itself: one reduction over a new side as long as a slice. */
function mergedReduction(nodes: readonly ApplyNode[], axis: number): Node | undefined {
  const [first] = nodes
  const operands = nodes.flatMap(({ inputs }) => inputs)
  const size = operands[0]?.shape[axis] ?? 0
  if (first?.attributes.keep !== true || operands.some(({ shape }) => shape[axis] !== size)) return undefined
  const [run, ...others] = merged(operands.map(operand => sliceOf(operand, axis)))
  if (run === undefined || others.length > 0) return undefined
  const whole = sliced(run, axis)
  const shape = [...whole.shape.slice(0, axis), nodes.length, size, ...whole.shape.slice(axis + 1)]
  return apply(first.op, [apply('reshape', [whole], { shape })], { axes: [axis + 1], keep: false })
}

/** The axis of the concat. */
interface ConcatContext {
  readonly axis: number
  /** True if the node had one use before it was rewritten. */
  readonly hasOneUse: (node: Node) => boolean
}

/** One application of the operator that all nodes apply, if there is one. */
function mergedBranches(nodes: readonly Node[], context: ConcatContext): Node | undefined {
  const same = nodes.every(context.hasOneUse) ? sameOperator(nodes) : undefined
  const [first] = same ?? []
  if (!same || !first) return undefined
  const { axis } = context
  const axes = isReduction(first.op) ? listOf(first.attributes, 'axes') : []
  if (axes.length === 1 && axes[0] === axis) return mergedReduction(same, axis)
  const keepsAxis = isUnary(first.op) || first.op === 'cast' || (axes.length > 0 && first.attributes.keep === true)
  if (!keepsAxis || axes.includes(axis)) return undefined
  const source = mergedConcat(
    same.flatMap(({ inputs }) => inputs),
    context,
  )
  return source && apply(first.op, [source], first.attributes)
}

/** The concat of the nodes, if it takes fewer operators. */
function mergedConcat(nodes: readonly Node[], context: ConcatContext): Node | undefined {
  const { axis } = context
  const runs = merged(nodes.map(node => sliceOf(node, axis)))
  if (runs.length === nodes.length) return mergedBranches(nodes, context)
  const parts = runs.map(run => sliced(run, axis))
  const [only] = parts
  return parts.length === 1 ? only : apply('concat', parts, { axis })
}

/** Rewrites `concat(f(slice(x)), f(slice(x)), ...)` to `f(x)`, for reductions and elementwise operators. */
export function mergeSlicedConcat(graph: Graph): Graph {
  const uses = useCounts(graph)
  const origins = new Map<Node, Node>()
  const hasOneUse = (node: Node) => uses.get(origins.get(node) ?? node) === 1
  return rewrite(graph, (node, original) => {
    const merged =
      isApply(node) && node.op === 'concat'
        ? mergedConcat(node.inputs, { axis: numberOf(node.attributes, 'axis'), hasOneUse })
        : undefined
    origins.set(merged ?? node, original)
    return merged ?? node
  })
}
