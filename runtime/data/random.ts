/** Seeded random streams: the same seed and name give the same numbers on every machine. */

/** A stream of random choices. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform in [low, high). */
  between(low: number, high: number): number
  /** Uniform whole number in [0, below). */
  below(below: number): number
  /** True with this probability. */
  chance(share: number): boolean
  /** One of the items. Throws where there is none. */
  pick<T>(items: readonly T[]): T
  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[]
  /** Position of the stream: a 32-bit whole number. */
  position(): number
  /** Continues from a position of a stream of the same seed and name. */
  seek(position: number): void
}

/** Makes an independent stream for each seed and name (FNV-1a of the name into Mulberry32). */
export function createRandom(seed: number, name: string): Random {
  let state = 0x811c9dc5
  for (const character of `${seed}:${name}`) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193)
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (count: number) => Math.floor(next() * count)
  return {
    next,
    below,
    position: () => state,
    seek(position) {
      state = position | 0
    },
    between: (low, high) => low + next() * (high - low),
    chance: share => next() < share,
    pick(items) {
      const item = items[below(items.length)]
      if (item === undefined) throw new Error('Nothing to pick from: the list is empty')
      return item
    },
    shuffle<T>(items: readonly T[]) {
      const shuffled: T[] = []
      // The inside-out Fisher-Yates shuffle: each item takes a random place, and the item there goes to the end.
      for (const item of items) shuffled.push(...shuffled.splice(below(shuffled.length + 1), 1, item))
      return shuffled
    },
  }
}
