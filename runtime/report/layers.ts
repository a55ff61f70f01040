/** LayeredLayout of a directed acyclic graph in layers, after Sugiyama: layers, order, positions. */

/** A graph; edges go from an earlier to a later node. */
export interface LayeredGraph {
  readonly nodes: readonly { readonly id: string; readonly width: number }[]
  readonly edges: readonly (readonly [string, string])[]
}

/** Positions: x is a centre in pixels, a row is a layer. */
export interface LayeredLayout {
  readonly width: number
  readonly rows: number
  readonly nodes: ReadonlyMap<string, { readonly x: number; readonly row: number }>
  /** Points of each edge, one a row. */
  readonly edges: readonly (readonly { readonly x: number; readonly row: number }[])[]
}

/** Drops edges that a longer way implies. */
export function reduceEdges({ nodes, edges }: LayeredGraph): LayeredGraph {
  const after = new Map(nodes.map(({ id }) => [id, edges.filter(edge => edge[0] === id).map(edge => edge[1])]))
  const reached = new Map<string, ReadonlySet<string>>()
  const reach = (id: string): ReadonlySet<string> => {
    const known = reached.get(id)
    if (known) return known
    const found = new Set((after.get(id) ?? []).flatMap(next => [next, ...reach(next)]))
    reached.set(id, found)
    return found
  }
  const implied = ([from, to]: readonly [string, string]) =>
    (after.get(from) ?? []).some(next => next !== to && reach(next).has(to))
  return { nodes, edges: edges.filter(edge => !implied(edge)) }
}

/** Gap between neighbours of a row. */
const GAP = 18

/** Width of an edge that passes a row. */
const PASSING = 6

interface LayoutNode {
  readonly width: number
  readonly row: number
  readonly up: LayoutNode[]
  readonly down: LayoutNode[]
  x: number
}

/** Lays a graph out; nodes must stand in topological order. */
export function layOut({ nodes, edges }: LayeredGraph): LayeredLayout {
  const rowOf = assignRows({ nodes, edges })
  const placed = new Map(
    nodes.map(({ id, width }): [string, LayoutNode] => [
      id,
      { width, row: rowOf.get(id) ?? 0, up: [], down: [], x: 0 },
    ]),
  )
  const all = [...placed.values()]
  const chains = edges.flatMap(([from, to]): LayoutNode[][] => {
    const start = placed.get(from)
    const end = placed.get(to)
    if (!start || !end) return []
    const chain = [start]
    for (let row = start.row + 1; row < end.row; row++) chain.push({ width: PASSING, row, up: [], down: [], x: 0 })
    chain.push(end)
    chain.slice(1).forEach((node, index) => {
      const above = chain[index]
      if (above) {
        above.down.push(node)
        node.up.push(above)
      }
    })
    all.push(...chain.slice(1, -1))
    return [chain]
  })
  const rows = Math.max(0, ...all.map(node => node.row + 1))
  const layers = Array.from({ length: rows }, (_, row) => all.filter(node => node.row === row))
  order(layers)
  position(layers)
  const left = Math.min(0, ...all.map(node => node.x - node.width / 2))
  const right = Math.max(0, ...all.map(node => node.x + node.width / 2))
  const at = (node: LayoutNode) => ({ x: Math.round(10 * (node.x - left)) / 10, row: node.row })
  return {
    width: Math.ceil(right - left),
    rows,
    nodes: new Map([...placed].map(([id, node]) => [id, at(node)])),
    edges: chains.map(chain => chain.map(at)),
  }
}

/** Longest way from a source; sources themselves stand just above what first uses them. */
function assignRows({ nodes, edges }: LayeredGraph): ReadonlyMap<string, number> {
  const rows = new Map<string, number>()
  for (const { id } of nodes) {
    const before = edges.filter(edge => edge[1] === id).map(edge => (rows.get(edge[0]) ?? 0) + 1)
    rows.set(id, Math.max(0, ...before))
  }
  for (const { id } of nodes) {
    const uses = edges.filter(edge => edge[0] === id).map(edge => (rows.get(edge[1]) ?? 1) - 1)
    if (uses.length > 0 && !edges.some(edge => edge[1] === id)) rows.set(id, Math.min(...uses))
  }
  return rows
}

const average = (placed: readonly LayoutNode[], fallback: number): number =>
  placed.length === 0 ? fallback : placed.reduce((sum, node) => sum + node.x, 0) / placed.length

/** Sorts each layer by the positions of its neighbours, down and up in turn; x counts positions here. */
function order(layers: readonly LayoutNode[][]): void {
  const number = (layer: LayoutNode[]) => {
    for (const [index, node] of layer.entries()) node.x = index - layer.length / 2
  }
  layers.forEach(number)
  for (let sweep = 0; sweep < 8; sweep++) {
    const down = sweep % 2 === 0
    for (const layer of down ? layers : layers.toReversed()) {
      const want = new Map(layer.map(node => [node, average(down ? node.up : node.down, node.x)]))
      layer.sort((a, b) => (want.get(a) ?? 0) - (want.get(b) ?? 0))
      number(layer)
    }
  }
}

/** Moves nodes under those above and over those below, in turn, as far as their row allows; x is a centre in pixels. */
function position(layers: readonly LayoutNode[][]): void {
  for (const layer of layers) {
    spread(
      layer,
      layer.map(() => 0),
    )
  }
  for (let sweep = 0; sweep < 16; sweep++) {
    const up = sweep % 2 === 0
    for (const layer of up ? layers.toReversed() : layers) {
      spread(
        layer,
        layer.map(node => average(up ? node.down : node.up, node.x)),
      )
    }
  }
}

/** Moves nodes as near to their wanted positions as order and widths allow: the mean of pushing right and pushing left. */
function spread(layer: readonly LayoutNode[], wanted: readonly number[]): void {
  const distance = (a: LayoutNode, b: LayoutNode) => (a.width + b.width) / 2 + GAP
  const push = (indices: readonly number[], sign: 1 | -1): number[] => {
    const xs: number[] = []
    let last: { readonly node: LayoutNode; readonly x: number } | undefined
    for (const index of indices) {
      const node = layer[index]
      if (!node) continue
      const want = wanted[index] ?? 0
      const x: number =
        last === undefined ? want : sign * Math.max(sign * want, sign * last.x + distance(last.node, node))
      xs[index] = x
      last = { node, x }
    }
    return xs
  }
  const indices = layer.map((_, index) => index)
  const rightward = push(indices, 1)
  const leftward = push(indices.toReversed(), -1)
  for (const [index, node] of layer.entries()) node.x = ((rightward[index] ?? 0) + (leftward[index] ?? 0)) / 2
}
