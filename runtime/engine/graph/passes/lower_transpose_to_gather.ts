/** Lowers transposes to gathers for CPUs, where a gather copies runs of elements on all threads and a transpose one by one. */
import { type ApplyNode, apply, type ConstantNode, constant, type Graph, isApply, type Node } from '../ir.ts'
import { listOf, sizeOf } from '../types.ts'
import { reshaped, rewrite } from './rewrite.ts'

/** The least number of contiguous elements that are copied as one run. */
const leastRun = 4
/** The longest list of indices; it is part of the model. */
const mostIndices = 2 ** 16

/** The sides that a transpose permutes, without leading and trailing sides that it leaves in place. */
function permutedSides(perm: readonly number[]): readonly [start: number, end: number] {
  const isFixed = (axis: number) => perm[axis] === axis
  let [start, end] = [0, perm.length]
  while (start < end && isFixed(start)) start++
  while (end > start && isFixed(end - 1)) end--
  return [start, end]
}

/** For each flat index of the permuted sides, the flat index before. */
function indicesOf(sides: readonly number[], perm: readonly number[]): ConstantNode {
  const shape = perm.map(axis => sides[axis] ?? 1)
  let indices = [0]
  for (const axis of perm) {
    const step = sizeOf(sides.slice(axis + 1))
    indices = indices.flatMap(index => Array.from({ length: sides[axis] ?? 1 }, (_, i) => index + i * step))
  }
  return constant(Int32Array.from(indices), { shape, dtype: 'int32' })
}

type KnownIndices = Map<string, ConstantNode>

function lowered(node: ApplyNode, known: KnownIndices): Node {
  const [x] = node.inputs
  const perm = listOf(node.attributes, 'perm')
  const [start, end] = permutedSides(perm)
  if (x === undefined || start === 0) return node
  const [before, sides, run] = [x.shape.slice(0, start), x.shape.slice(start, end), x.shape.slice(end)]
  if (sizeOf(run) < leastRun || sizeOf(sides) > mostIndices) return node
  const inner = perm.slice(start, end).map(axis => axis - start)
  const id = `${sides} by ${inner}`
  const indices = known.get(id) ?? indicesOf(sides, inner)
  known.set(id, indices)
  return apply('gather', [reshaped(x, [...before, sizeOf(sides), ...run]), indices], { axis: start })
}

/** Rewrites `transpose(x)` to `gather(x)` with constant indices, where its first and last sides stay in place. */
export function lowerTransposeToGather(graph: Graph): Graph {
  const known: KnownIndices = new Map()
  return rewrite(graph, node => (isApply(node) && node.op === 'transpose' ? lowered(node, known) : node))
}
