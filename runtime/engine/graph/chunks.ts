/**
 * Where a graph computes each row of an input by itself, as an encoder does each image, a few rows at a time are computed
 * to their end: what lies between the operations then stays in the caches.
 */
import { operators } from '../operators/lookup.ts'
import type { RowAccess } from '../operators/operator.ts'
import {
  type ApplyNode,
  apply,
  fill,
  type Graph,
  type InputNode,
  input,
  isApply,
  type Node,
  topological,
} from './ir.ts'
import { listOf, sizeOf, type TensorType } from './types.ts'

/** A part of a graph that is computed in chunks of rows. */
export interface Chunks {
  readonly times: number
  /** What one chunk computes. Its inputs stand for rows of `cut`, and then for `whole`. */
  readonly body: Graph
  /** Nodes of which each chunk takes its rows. */
  readonly cut: readonly Node[]
  /** Nodes that each chunk takes whole. */
  readonly whole: readonly Node[]
  /** Nodes that are the chunks' outputs below each other, in their order. */
  readonly results: readonly Node[]
  /** Every node that chunks compute. */
  readonly members: ReadonlySet<Node>
}

export interface ChunkOptions {
  /** The most bytes that an array of a chunk may have. */
  readonly bytes: number
  /** Chunks are worth it where what they leave is at most this share of what they compute. @default 1/8 */
  readonly resultShare?: number
}

/** Smaller chunks than this share of what fits take longer to begin than they save. */
const leastShare = 1 / 4

const bytesOf = ({ shape }: TensorType): number => 4 * sizeOf(shape)

const needs = (node: ApplyNode, k: number): RowAccess => operators[node.op].rows(node, k)

/** What an operation takes of another node, by its place in the order. */
interface Use {
  readonly from: number
  readonly need: RowAccess
}

/** What each node of the order takes: worked out once, as every input of the graph may be a seed. */
function usesOf(order: readonly Node[]): readonly (readonly Use[])[] {
  const places = new Map(order.map((node, i) => [node, i]))
  return order.map(node =>
    isApply(node) ? node.inputs.map((operand, k) => ({ from: places.get(operand) ?? 0, need: needs(node, k) })) : [],
  )
}

/** How far a node is from a seed. */
const [apart, reached, member] = [0, 1, 2]

/** The operations that compute rows of the node at `seed`, of which it has `count`, each by itself. */
function membersOf(
  order: readonly Node[],
  uses: readonly (readonly Use[])[],
  { seed, count }: Seed,
): ReadonlySet<Node> {
  const states = new Uint8Array(order.length)
  states[seed] = member
  const hasRows = (at: number): boolean => (order[at]?.shape[0] ?? Number.NaN) % count === 0
  const follows = ({ from, need }: Use): boolean => {
    if (need === 'rows') return states[from] !== reached && hasRows(from)
    return need === 'whole' && states[from] === apart
  }
  uses.forEach((taken, at) => {
    if (taken.some(({ from }) => states[from] !== apart))
      states[at] = taken.every(follows) && hasRows(at) ? member : reached
  })
  return new Set(order.filter((_, at) => states[at] === member && at !== seed))
}

interface Seed {
  readonly seed: number
  readonly count: number
}

/** Members that something else needs too. */
function resultsOf(graph: Graph, order: readonly Node[], members: ReadonlySet<Node>): readonly Node[] {
  const needed = new Set(graph.outputs.map(({ node }) => node))
  for (const node of order) if (!members.has(node)) for (const operand of node.inputs) needed.add(operand)
  return order.filter(node => members.has(node) && needed.has(node))
}

/** How many rows a chunk has, if all do not fit and enough of them do. */
function chunkRows(members: ReadonlySet<Node>, count: number, most: number): number | undefined {
  const rowBytes = Math.max(...[...members].map(bytesOf)) / count
  const fit = Array.from({ length: count }, (_, i) => count - i).find(n => count % n === 0 && n * rowBytes <= most)
  return fit === undefined || fit === count || fit * rowBytes < leastShare * most ? undefined : fit
}

/** The body of chunks, with what they take. */
function makeBody(order: readonly Node[], { members, results, times }: Pick<Chunks, 'members' | 'results' | 'times'>) {
  const inner = new Map<Node, Node>()
  const taken = { rows: new Map<Node, InputNode>(), whole: new Map<Node, InputNode>() }
  const first = ([rows = 1, ...others]: readonly number[]) => [rows / times, ...others]
  const take = (node: Node, need: 'rows' | 'whole'): Node => {
    const type = { dtype: node.dtype, shape: need === 'rows' ? first(node.shape) : node.shape }
    if (node.op === 'fill') return fill(node.value, type)
    const known = taken[need].get(node)
    if (known !== undefined) return known
    const name = `${need} ${taken[need].size}`
    const made = input(name, type)
    taken[need].set(node, made)
    return made
  }
  for (const node of order) {
    if (!isApply(node) || !members.has(node)) continue
    const operands = node.inputs.map((operand, k) => inner.get(operand) ?? take(operand, needs(node, k) ?? 'whole'))
    const shaped = operators[node.op].shapeAttribute
    const attributes = {
      ...node.attributes,
      ...(shaped && { [shaped]: first(listOf(node.attributes, shaped)) }),
    }
    inner.set(node, apply(node.op, operands, attributes))
  }
  const outputs = results.map((result, i) => ({ name: String(i), node: inner.get(result) ?? result }))
  const body: Graph = { inputs: [...taken.rows.values(), ...taken.whole.values()], outputs }
  return { body, cut: [...taken.rows.keys()], whole: [...taken.whole.keys()] }
}

/** Finds the input whose rows are best computed in chunks. Nothing where there is none, as in a step that trains. */
export function findChunks(graph: Graph, { bytes: most, resultShare = 1 / 8 }: ChunkOptions): Chunks | undefined {
  const order = topological(graph)
  const uses = usesOf(order)
  const total = (nodes: Iterable<Node>) => [...nodes].reduce((sum, node) => sum + bytesOf(node), 0)
  const found = graph.inputs.flatMap(seed => {
    const [count = 1] = seed.shape
    const members = count > 1 ? membersOf(order, uses, { seed: order.indexOf(seed), count }) : new Set<Node>()
    const rows = members.size > 0 ? chunkRows(members, count, most) : undefined
    if (rows === undefined) return []
    const [results, bytes] = [resultsOf(graph, order, members), total(members)]
    return total(results) > resultShare * bytes ? [] : [{ members, results, times: count / rows, bytes }]
  })
  const [best] = found.sort((a, b) => b.bytes - a.bytes)
  if (best === undefined) return undefined
  const { members, results, times } = best
  return { members, results, times, ...makeBody(order, best) }
}
