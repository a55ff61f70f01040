/** On CPUs a gather copies whole runs of elements on all threads; a transpose counts its way to each, some on one thread. */
import { type ApplyNode, apply, type ConstantNode, constant, type Graph, isApply, type Node } from '../ir.ts'
import { listOf, sizeOf } from '../types.ts'
import { reshaped, rewrite } from './rewrite.ts'

/** Elements that move together must be as many as this. */
const fewestTogether = 4
/** The longest list of places; it is part of the model. */
const mostPlaces = 2 ** 16

/** The sides that a transpose moves: all but some before, which stay, and some after, which move as one. */
function movedSides(perm: readonly number[]): readonly [start: number, end: number] {
  const stays = (axis: number) => perm[axis] === axis
  let [start, end] = [0, perm.length]
  while (start < end && stays(start)) start++
  while (end > start && stays(end - 1)) end--
  return [start, end]
}

/** For each place of the transposed sides, the place before. */
function placesOf(sides: readonly number[], perm: readonly number[]): ConstantNode {
  const shape = perm.map(axis => sides[axis] ?? 1)
  let places = [0]
  for (const axis of perm) {
    const step = sizeOf(sides.slice(axis + 1))
    places = places.flatMap(place => Array.from({ length: sides[axis] ?? 1 }, (_, i) => place + i * step))
  }
  return constant(Int32Array.from(places), { shape, dtype: 'int32' })
}

type Known = Map<string, ConstantNode>

function gathered(node: ApplyNode, known: Known): Node {
  const [x] = node.inputs
  const perm = listOf(node.attributes, 'perm')
  const [start, end] = movedSides(perm)
  if (x === undefined || start === 0) return node
  const [before, sides, together] = [x.shape.slice(0, start), x.shape.slice(start, end), x.shape.slice(end)]
  if (sizeOf(together) < fewestTogether || sizeOf(sides) > mostPlaces) return node
  const inner = perm.slice(start, end).map(axis => axis - start)
  const id = `${sides} by ${inner}`
  const places = known.get(id) ?? placesOf(sides, inner)
  known.set(id, places)
  return apply('gather', [reshaped(x, [...before, sizeOf(sides), ...together]), places], { axis: start })
}

/** `transpose(x)` becomes `gather(x)` with constant places, where its last sides stay together and its first as they are. */
export function moveByGather(graph: Graph): Graph {
  const known: Known = new Map()
  return rewrite(graph, node => (isApply(node) && node.op === 'transpose' ? gathered(node, known) : node))
}
