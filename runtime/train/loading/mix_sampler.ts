/** The mix sampler: draws the sequence of samples that a run trains on from several datasets. */
import { UserFault } from '../../../dsl/diagnostics/faults.ts'
import { createRandom } from '../../data/random.ts'
import type { ShuffledOrder } from './shuffled_order.ts'

/** A dataset of a mix, in the order of its samples. */
export interface MixComponent {
  readonly order: ShuffledOrder
  /** Share of the samples that are drawn from it, up to a common factor. */
  readonly weight: number
}

/** A sample by its dataset and the row in it. */
export interface SampledRow {
  readonly part: number
  readonly row: number
}

/** A position in the sequence. */
export interface MixPosition {
  /** Number of samples drawn. */
  readonly position: number
  /** Number of samples drawn from each dataset. */
  readonly drawn: readonly number[]
}

/** The sequence of samples, with a position that can be saved and restored. */
export interface MixSampler {
  next(): SampledRow
  position(): MixPosition
  seek(to: MixPosition): void
}

/**
 * Creates the sampler. Each position draws a dataset by weight, with random numbers that depend on the position alone, and
 * takes the next sample of that dataset.
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
      if (row === undefined)
        throw new UserFault('There is no dataset to train on', { place: 'data', hint: 'name at least one under data' })
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
