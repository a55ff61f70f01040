/** Confidence intervals of bootstrapped measures (docs/protocol.md). */
import { type Interval, type Intervals, usualConfidence } from '../../dsl/values/interval.ts'
import type { Resampled, Resamples } from './bootstrap.ts'

/** Options of an interval. */
export interface IntervalOptions {
  /** Confidence level. @default 0.95 */
  readonly confidence?: number
  /** Largest value of a measure that is a share of units' parts, the least being 0: 1, or 100 in percent. */
  readonly most?: number
}

/**
 * The bias-corrected and accelerated interval (BCa; Efron, JASA 82, 1987), with the quantiles of Student's t and the factor
 * sqrt(n / (n - 1)) for few units (Hesterberg, The American Statistician 69, 2015). Undefined for fewer than two units.
 *
 * A share that is 0, or all, in every unit has no spread to draw from: the exact limit for n independent units that agree,
 * 1 - ((1 - confidence) / 2)^(1/n), takes its place (Clopper and Pearson, Biometrika 26, 1934).
 */
export function intervalOf(
  { estimate, draws, without }: Resampled,
  { confidence = usualConfidence, most }: IntervalOptions = {},
): Interval | undefined {
  const units = without.length
  const sorted = draws.filter(Number.isFinite).sort()
  if (units < 2 || sorted.length < draws.length / 2) return undefined
  const slack = 1e-9 * Math.max(1, Math.abs(estimate))
  const isConstant = without.every(value => Math.abs(value - estimate) <= slack)
  if (isConstant && most !== undefined) {
    const room = most * (1 - ((1 - confidence) / 2) ** (1 / units))
    if (estimate <= slack) return { low: 0, high: room }
    if (estimate >= most - slack) return { low: most - room, high: most }
  }
  const below = sorted.reduce(
    (sum, value) => sum + (value < estimate - slack ? 1 : value <= estimate + slack ? 0.5 : 0),
    0,
  )
  const edge = 0.5 / sorted.length
  const bias = normalQuantile(Math.min(1 - edge, Math.max(edge, below / sorted.length)))
  const acceleration = accelerationOf(without)
  const reach = Math.sqrt(units / (units - 1)) * studentQuantile((1 + confidence) / 2, units - 1)
  const at = (z: number): number => {
    const spread = 1 - acceleration * (bias + z)
    return quantile(sorted, spread <= 0 ? (z < 0 ? 0 : 1) : normalCdf(bias + (bias + z) / spread))
  }
  return { low: at(-reach), high: at(reach) }
}

/** A sixth of the skewness of the estimate, from leaving units out one by one. */
function accelerationOf(without: Float64Array): number {
  const known = without.filter(Number.isFinite)
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length
  const [squares, cubes] = [2, 3].map(power => known.reduce((sum, value) => sum + (mean - value) ** power, 0))
  return squares ? (cubes ?? 0) / (6 * squares ** 1.5) : 0
}

/** Intervals of measures; `most` as in {@link IntervalOptions}, by name. Rounded to six digits. */
export function intervalsOf(
  { measures }: Resamples,
  { most = {}, confidence }: { readonly most?: { readonly [name: string]: number }; readonly confidence?: number } = {},
): Intervals {
  const found: Record<string, Interval> = {}
  for (const [name, resampled] of measures) {
    const options = {
      ...(most[name] !== undefined && { most: most[name] }),
      ...(confidence !== undefined && { confidence }),
    }
    const interval = intervalOf(resampled, options)
    if (interval !== undefined) found[name] = { low: digits(interval.low), high: digits(interval.high) }
  }
  return found
}

const digits = (value: number): number => Number(value.toPrecision(6))

/** A measure less another over the same units, draw by draw; undefined where their units are not the same. */
export function difference(of: Resampled, less: Resampled): Resampled {
  const subtract = (a: Float64Array, b: Float64Array) => a.map((value, at) => value - (b[at] ?? Number.NaN))
  return {
    estimate: of.estimate - less.estimate,
    draws: subtract(of.draws, less.draws),
    without: subtract(of.without, less.without),
  }
}

/** A value with its interval. */
export interface Estimate extends Interval {
  readonly value: number
}

/**
 * The interval of a difference of two measures of different units, from the intervals of each: the method of variance
 * estimates recovery (Zou and Donner, Statistics in Medicine 27, 2008).
 */
export function differenceInterval(of: Estimate, less: Estimate): Interval {
  const value = of.value - less.value
  return {
    low: value - Math.hypot(of.value - of.low, less.high - less.value),
    high: value + Math.hypot(of.high - of.value, less.value - less.low),
  }
}

/** A quantile, linearly interpolated as by NumPy's default. */
export function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1)
  const below = Math.floor(position)
  const low = sorted[below] ?? 0
  return low + (position - below) * ((sorted[below + 1] ?? low) - low)
}

/** The standard normal distribution function, within 1e-7 (Press et al., Numerical Recipes, section 6.2: erfc). */
export function normalCdf(z: number): number {
  const t = 1 / (1 + Math.abs(z) / (2 * Math.SQRT2))
  const tail = erfcCoefficients.reduceRight((sum, coefficient) => coefficient + t * sum, 0)
  const above = (t * Math.exp(-(z * z) / 2 + tail)) / 2
  return z < 0 ? above : 1 - above
}

const erfcCoefficients = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
]

/** The inverse of {@link normalCdf}, for shares that are not nearer to 0 and 1 than 1e-15. */
export function normalQuantile(share: number): number {
  let [low, high] = [-8, 8]
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2
    if (normalCdf(middle) < share) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** Quantile of Student's t, within 1 % from three degrees of freedom on (Abramowitz and Stegun 26.7.5). */
export function studentQuantile(share: number, freedom: number): number {
  const z = normalQuantile(share)
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160,
  ]
  return terms.reduce((sum, term, at) => sum + term / freedom ** (at + 1), z)
}
