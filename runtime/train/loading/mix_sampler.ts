/** Which sample stands at each position of the sequence that a run trains on. */
import { createRandom } from '../../data/random.ts'
import type { ShuffledOrder } from './shuffled_order.ts'

/** A dataset of a mix. */
export interface MixComponent {
  readonly order: ShuffledOrder
  /** Share of the samples drawn from it, up to a factor. */
  readonly weight: number
}

/** A sample: the dataset, and the row in it. */
export interface SampledRow {
  readonly part: number
  readonly row: number
}

/** Where a sequence of draws stands. */
export interface MixPosition {
  /** Draws so far. */
  readonly position: number
  /** Draws so far from each dataset. */
  readonly drawn: readonly number[]
}

/** A sequence of draws. */
export interface MixSampler {
  next(): SampledRow
  position(): MixPosition
  seek(to: MixPosition): void
}

/**
 * Makes the sequence: each position draws a dataset by weight, from random numbers of the position alone, and takes its
 * next sample.
 */
export function createMixSampler(
  parts: readonly MixComponent[],
  { seed, name }: { readonly seed: number; readonly name: string },
): MixSampler {
  const total = parts.reduce((sum, { weight }) => sum + weight, 0)
  let position = 0
  let drawn = parts.map(() => 0)
  const partAt = (): number => {
    let ticket = createRandom(seed, `mix ${name} ${position}`).next() * total
    let part = 0
    for (const { weight } of parts.slice(0, -1)) {
      ticket -= weight
      if (ticket < 0) break
      part++
    }
    return part
  }
  return {
    next() {
      const part = parts.length > 1 ? partAt() : 0
      const count = drawn[part] ?? 0
      const row = parts[part]?.order.rowAt(count)
      if (row === undefined) throw new Error('There is no dataset to train on; name at least one under data')
      drawn[part] = count + 1
      position += 1
      return { part, row }
    },
    position: () => ({ position, drawn: [...drawn] }),
    seek(to) {
      position = to.position
      drawn = [...to.drawn]
    },
  }
}
