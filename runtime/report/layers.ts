/** Layout of a directed acyclic graph in layers, after Sugiyama: layers, order, places. */

/** A graph; edges go from an earlier to a later node. */
export interface Graph {
  readonly nodes: readonly { readonly id: string; readonly width: number }[]
  readonly edges: readonly (readonly [string, string])[]
}

/** Where things stand: x is a centre in pixels, a row is a layer. */
export interface Layout {
  readonly width: number
  readonly rows: number
  readonly nodes: ReadonlyMap<string, { readonly x: number; readonly row: number }>
  /** Points of each edge, one a row. */
  readonly edges: readonly (readonly { readonly x: number; readonly row: number }[])[]
}

/** Drops edges that a longer way implies. */
export function reduceEdges({ nodes, edges }: Graph): Graph {
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

/** Room between neighbours of a row. */
const GAP = 18

/** Width of an edge that passes a row. */
const PASSING = 6

interface Slot {
  readonly width: number
  readonly row: number
  readonly up: Slot[]
  readonly down: Slot[]
  x: number
}

/** Lays a graph out; nodes must stand in topological order. */
export function layOut({ nodes, edges }: Graph): Layout {
  const rowOf = assignRows({ nodes, edges })
  const slots = new Map(
    nodes.map(({ id, width }): [string, Slot] => [id, { width, row: rowOf.get(id) ?? 0, up: [], down: [], x: 0 }]),
  )
  const all = [...slots.values()]
  const chains = edges.flatMap(([from, to]): Slot[][] => {
    const start = slots.get(from)
    const end = slots.get(to)
    if (!start || !end) return []
    const chain = [start]
    for (let row = start.row + 1; row < end.row; row++) chain.push({ width: PASSING, row, up: [], down: [], x: 0 })
    chain.push(end)
    chain.slice(1).forEach((slot, index) => {
      const above = chain[index]
      if (above) {
        above.down.push(slot)
        slot.up.push(above)
      }
    })
    all.push(...chain.slice(1, -1))
    return [chain]
  })
  const rows = Math.max(0, ...all.map(slot => slot.row + 1))
  const layers = Array.from({ length: rows }, (_, row) => all.filter(slot => slot.row === row))
  order(layers)
  place(layers)
  const left = Math.min(0, ...all.map(slot => slot.x - slot.width / 2))
  const right = Math.max(0, ...all.map(slot => slot.x + slot.width / 2))
  const at = (slot: Slot) => ({ x: Math.round(10 * (slot.x - left)) / 10, row: slot.row })
  return {
    width: Math.ceil(right - left),
    rows,
    nodes: new Map([...slots].map(([id, slot]) => [id, at(slot)])),
    edges: chains.map(chain => chain.map(at)),
  }
}

/** Longest way from a source; sources themselves stand just above what first uses them. */
function assignRows({ nodes, edges }: Graph): ReadonlyMap<string, number> {
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

const average = (slots: readonly Slot[], fallback: number): number =>
  slots.length === 0 ? fallback : slots.reduce((sum, slot) => sum + slot.x, 0) / slots.length

/** Sorts each layer by where its neighbours stand, down and up in turn; x counts places here. */
function order(layers: readonly Slot[][]): void {
  const number = (layer: Slot[]) => {
    for (const [index, slot] of layer.entries()) slot.x = index - layer.length / 2
  }
  layers.forEach(number)
  for (let sweep = 0; sweep < 8; sweep++) {
    const down = sweep % 2 === 0
    for (const layer of down ? layers : layers.toReversed()) {
      const wish = new Map(layer.map(slot => [slot, average(down ? slot.up : slot.down, slot.x)]))
      layer.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0))
      number(layer)
    }
  }
}

/** Moves slots under those above and over those below, in turn, as far as their row allows; x is a centre in pixels. */
function place(layers: readonly Slot[][]): void {
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
        layer.map(slot => average(up ? slot.down : slot.up, slot.x)),
      )
    }
  }
}

/** Puts slots as near to their wishes as order and widths allow: the mean of pushing right and pushing left. */
function spread(layer: readonly Slot[], wishes: readonly number[]): void {
  const room = (a: Slot, b: Slot) => (a.width + b.width) / 2 + GAP
  const push = (indices: readonly number[], sign: 1 | -1): number[] => {
    const xs: number[] = []
    let last: { readonly slot: Slot; readonly x: number } | undefined
    for (const index of indices) {
      const slot = layer[index]
      if (!slot) continue
      const wish = wishes[index] ?? 0
      const x: number = last === undefined ? wish : sign * Math.max(sign * wish, sign * last.x + room(last.slot, slot))
      xs[index] = x
      last = { slot, x }
    }
    return xs
  }
  const indices = layer.map((_, index) => index)
  const rightward = push(indices, 1)
  const leftward = push(indices.toReversed(), -1)
  for (const [index, slot] of layer.entries()) slot.x = ((rightward[index] ?? 0) + (leftward[index] ?? 0)) / 2
}
