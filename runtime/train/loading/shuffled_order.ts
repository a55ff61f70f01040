/** The shuffled order of a dataset: each pass has every sample once. */
import { createRandom, type Random } from '../../data/random.ts'

/** Options of the order. */
export interface ShuffleOptions {
  readonly samples: number
  /** Number of the shard of each row. */
  readonly shards: Uint32Array
  /** Datasets of at most this many samples are shuffled as a whole; larger ones in windows of shards with this many or more. */
  readonly window: number
  readonly seed: number
  readonly name: string
}

/** An order over all passes. */
export interface ShuffledOrder {
  /** The row of a draw, counted from 0 over all passes. Fast if draws are requested in sequence. */
  rowAt(draw: number): number
}

/** Rows that are shuffled together. */
interface ShuffleWindow {
  readonly pass: number
  /** Draws of the pass before the window. */
  readonly start: number
  readonly rows: Uint32Array
}

/** Groups rows by shard: those of shard `i` are `rows[starts[i]]` to `rows[starts[i + 1] - 1]`, in stored order. */
function groupByShard(shards: Uint32Array): { readonly rows: Uint32Array; readonly starts: Uint32Array } {
  let count = 0
  for (const shard of shards) count = Math.max(count, shard + 1)
  const starts = new Uint32Array(count + 1)
  for (const shard of shards) starts[shard + 1] = (starts[shard + 1] ?? 0) + 1
  for (let i = 0; i < count; i++) starts[i + 1] = (starts[i + 1] ?? 0) + (starts[i] ?? 0)
  const next = starts.slice()
  const rows = new Uint32Array(shards.length)
  for (const [row, shard] of shards.entries()) {
    const at = next[shard] ?? 0
    rows[at] = row
    next[shard] = at + 1
  }
  return { rows, starts }
}

/** Shuffles in place (Fisher-Yates). */
function shuffle(items: Uint32Array, random: Random): Uint32Array {
  for (let last = items.length - 1; last > 0; last--) {
    const other = random.below(last + 1)
    const item = items[last] ?? 0
    items[last] = items[other] ?? 0
    items[other] = item
  }
  return items
}

/**
 * Creates the order, which depends on its options alone. In each pass, a small dataset is shuffled uniformly. For a large one
 * each pass shuffles the shards, divides their sequence into windows and shuffles the samples of each window, so that few
 * shards are read at a time. The rows of one window and 4 bytes for each sample are in memory.
 */
export function createShuffledOrder({ samples, shards, window, seed, name }: ShuffleOptions): ShuffledOrder {
  const randomOf = (what: string) => createRandom(seed, `order ${name} ${what}`)
  const whole = (pass: number): ShuffleWindow => {
    const rows = Uint32Array.from({ length: samples }, (_, row) => row)
    return { pass, start: 0, rows: shuffle(rows, randomOf(`${pass}`)) }
  }
  if (samples <= window) return cacheWindow(samples, whole)

  const sorted = groupByShard(shards)
  const sizeOf = (shard: number) => (sorted.starts[shard + 1] ?? 0) - (sorted.starts[shard] ?? 0)
  return cacheWindow(samples, (pass, draw) => {
    const order = shuffle(
      Uint32Array.from({ length: sorted.starts.length - 1 }, (_, shard) => shard),
      randomOf(`${pass}`),
    )
    let [start, size] = [0, 0]
    let members: number[] = []
    for (const shard of order) {
      if (size >= window) {
        if (draw < start + size) break
        start += size
        size = 0
        members = []
      }
      members.push(shard)
      size += sizeOf(shard)
    }
    const rows = new Uint32Array(size)
    let at = 0
    for (const shard of members) {
      rows.set(sorted.rows.subarray(sorted.starts[shard], sorted.starts[shard + 1]), at)
      at += sizeOf(shard)
    }
    return { pass, start, rows: shuffle(rows, randomOf(`${pass} ${start}`)) }
  })
}

/** An order that caches the window of the last draw. */
function cacheWindow(samples: number, windowOf: (pass: number, draw: number) => ShuffleWindow): ShuffledOrder {
  let current: ShuffleWindow | undefined
  return {
    rowAt(draw) {
      const pass = Math.floor(draw / samples)
      const within = draw % samples
      const isIn = ({ pass: of, start, rows }: ShuffleWindow) =>
        of === pass && within >= start && within < start + rows.length
      if (current === undefined || !isIn(current)) current = windowOf(pass, within)
      return current.rows[within - current.start] ?? 0
    },
  }
}
