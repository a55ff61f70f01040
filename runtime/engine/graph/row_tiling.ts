/**
 * Row tiling: where a graph computes each row of an input by itself, as an encoder does each image, it computes a tile of rows
 * through all operators before the next tile, so that intermediate results stay in the caches.
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

/** A part of a graph that is computed tile by tile. */
export interface RowTiling {
  /** Number of tiles. */
  readonly times: number
  /** The graph of one tile. Its inputs are rows of `split`, then `whole`. */
  readonly body: Graph
  /** Nodes of which each tile takes its rows. */
  readonly split: readonly Node[]
  /** Nodes that each tile takes whole. */
  readonly whole: readonly Node[]
  /** Nodes whose rows are the outputs of the tiles in their order. */
  readonly results: readonly Node[]
  /** Every node that tiles compute. */
  readonly members: ReadonlySet<Node>
}

/** Limits of tiles. */
export interface RowTilingOptions {
  /** The most bytes that an array of a tile may have. */
  readonly bytes: number
  /** The most bytes of results, as a share of the bytes that tiles compute. @default 1/8 */
  readonly resultShare?: number
}

/** Tiles smaller than this share of the limit take longer to start than they save. */
const leastShare = 1 / 4

const bytesOf = ({ shape }: TensorType): number => 4 * sizeOf(shape)

const accessOf = (node: ApplyNode, k: number): RowAccess => operators[node.op].rows(node, k)

/** The access of an operator to another node, by its index in the order. */
interface OperandAccess {
  readonly from: number
  readonly access: RowAccess
}

/** The accesses of each node of the order: computed once, as every input of the graph may be a seed. */
function accessesOf(order: readonly Node[]): readonly (readonly OperandAccess[])[] {
  const indices = new Map(order.map((node, i) => [node, i]))
  return order.map(node =>
    isApply(node)
      ? node.inputs.map((operand, k) => ({ from: indices.get(operand) ?? 0, access: accessOf(node, k) }))
      : [],
  )
}

/** Relation of a node to a seed: independent, dependent, or computed by rows of it. */
const [independent, reached, member] = [0, 1, 2]

/** The nodes that compute each of the `count` rows of the node at `seed` by itself. */
function membersOf(
  order: readonly Node[],
  accesses: readonly (readonly OperandAccess[])[],
  { seed, count }: Seed,
): ReadonlySet<Node> {
  const states = new Uint8Array(order.length)
  states[seed] = member
  const hasRows = (at: number): boolean => (order[at]?.shape[0] ?? Number.NaN) % count === 0
  const follows = ({ from, access }: OperandAccess): boolean => {
    if (access === 'rows') return states[from] !== reached && hasRows(from)
    return access === 'whole' && states[from] === independent
  }
  accesses.forEach((taken, at) => {
    if (taken.some(({ from }) => states[from] !== independent))
      states[at] = taken.every(follows) && hasRows(at) ? member : reached
  })
  return new Set(order.filter((_, at) => states[at] === member && at !== seed))
}

/** A candidate for tiling: index of an input in the order, and its number of rows. */
interface Seed {
  readonly seed: number
  readonly count: number
}

/** Members that outputs or other nodes use. */
function resultsOf(graph: Graph, order: readonly Node[], members: ReadonlySet<Node>): readonly Node[] {
  const used = new Set(graph.outputs.map(({ node }) => node))
  for (const node of order) if (!members.has(node)) for (const operand of node.inputs) used.add(operand)
  return order.filter(node => members.has(node) && used.has(node))
}

/** Number of rows of a tile, if not all rows fit and enough of them do. */
function tileRows(members: ReadonlySet<Node>, count: number, most: number): number | undefined {
  const rowBytes = Math.max(...[...members].map(bytesOf)) / count
  const fit = Array.from({ length: count }, (_, i) => count - i).find(n => count % n === 0 && n * rowBytes <= most)
  return fit === undefined || fit === count || fit * rowBytes < leastShare * most ? undefined : fit
}

/** The graph of a tile, with the nodes that it takes. */
function makeBody(
  order: readonly Node[],
  { members, results, times }: Pick<RowTiling, 'members' | 'results' | 'times'>,
) {
  const inner = new Map<Node, Node>()
  const taken = { rows: new Map<Node, InputNode>(), whole: new Map<Node, InputNode>() }
  const first = ([rows = 1, ...others]: readonly number[]) => [rows / times, ...others]
  const take = (node: Node, access: 'rows' | 'whole'): Node => {
    const type = { dtype: node.dtype, shape: access === 'rows' ? first(node.shape) : node.shape }
    if (node.op === 'fill') return fill(node.value, type)
    const known = taken[access].get(node)
    if (known !== undefined) return known
    const name = `${access} ${taken[access].size}`
    const made = input(name, type)
    taken[access].set(node, made)
    return made
  }
  for (const node of order) {
    if (!isApply(node) || !members.has(node)) continue
    const operands = node.inputs.map((operand, k) => inner.get(operand) ?? take(operand, accessOf(node, k) ?? 'whole'))
    const shaped = operators[node.op].shapeAttribute
    const attributes = {
      ...node.attributes,
      ...(shaped && { [shaped]: first(listOf(node.attributes, shaped)) }),
    }
    inner.set(node, apply(node.op, operands, attributes))
  }
  const outputs = results.map((result, i) => ({ name: String(i), node: inner.get(result) ?? result }))
  const body: Graph = { inputs: [...taken.rows.values(), ...taken.whole.values()], outputs }
  return { body, split: [...taken.rows.keys()], whole: [...taken.whole.keys()] }
}

/** Finds the input whose rows are best computed in tiles; `undefined` where there is none, as in a training step. */
export function findRowTiling(
  graph: Graph,
  { bytes: most, resultShare = 1 / 8 }: RowTilingOptions,
): RowTiling | undefined {
  const order = topological(graph)
  const accesses = accessesOf(order)
  const total = (nodes: Iterable<Node>) => [...nodes].reduce((sum, node) => sum + bytesOf(node), 0)
  const found = graph.inputs.flatMap(seed => {
    const [count = 1] = seed.shape
    const members = count > 1 ? membersOf(order, accesses, { seed: order.indexOf(seed), count }) : new Set<Node>()
    const rows = members.size > 0 ? tileRows(members, count, most) : undefined
    if (rows === undefined) return []
    const [results, bytes] = [resultsOf(graph, order, members), total(members)]
    return total(results) > resultShare * bytes ? [] : [{ members, results, times: count / rows, bytes }]
  })
  const [best] = found.sort((a, b) => b.bytes - a.bytes)
  if (best === undefined) return undefined
  const { members, results, times } = best
  return { members, results, times, ...makeBody(order, best) }
}
