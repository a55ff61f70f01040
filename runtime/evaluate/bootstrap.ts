/** The percentile bootstrap: confidence intervals of measures over images. */
import { createRandom } from '../data/random.ts'

/** An interval, in the unit of its measure. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** Options of intervals. */
export interface BootstrapOptions {
  readonly seed: number
  /** @default 1000 */
  readonly resamples?: number
  /** Confidence level: the share of resamples in the interval. @default 0.95 */
  readonly level?: number
}

/**
 * Draws as many units as there are, with replacement, and returns the percentile interval of each measure.
 *
 * @param measures the measures of the drawn units, always in the same order; the array of indices is reused
 */
export function bootstrap(
  units: number,
  measures: (drawn: Int32Array) => readonly number[],
  { seed, resamples = 1000, level = 0.95 }: BootstrapOptions,
): readonly Interval[] {
  const random = createRandom(seed, 'bootstrap')
  const drawn = new Int32Array(units)
  const draws = Array.from({ length: resamples }, () => {
    for (let unit = 0; unit < units; unit++) drawn[unit] = random.below(units)
    return measures(drawn)
  })
  return (draws[0] ?? []).map((_, index) => {
    const sorted = Float64Array.from(draws, draw => draw[index] ?? 0).sort()
    return { low: quantile(sorted, (1 - level) / 2), high: quantile(sorted, (1 + level) / 2) }
  })
}

/** A quantile, linearly interpolated as by NumPy's default. */
function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1)
  const below = Math.floor(position)
  const low = sorted[below] ?? 0
  return low + (position - below) * ((sorted[below + 1] ?? low) - low)
}
