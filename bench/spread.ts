/** Repeated measurements as a median and a range. */

/** The smallest, the middle and the largest of some measurements. */
export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

/** The spread of measurements; all NaN where there are none. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN
  return { min: at(0), median: at(0.5), max: at(1) }
}

/** The spread of `peer` over `own`, round by round: how many times as much the peer takes. */
export const ratioOf = (peer: readonly number[], own: readonly number[]): Spread =>
  spreadOf(own.map((value, round) => (peer[round] ?? Number.NaN) / value))

/** Three digits. */
export const digits = (value: number): string => value.toPrecision(3)

/** `1.07 (1.05 to 1.17)`. */
export const spreadText = ({ min, median, max }: Spread): string =>
  `${digits(median)} (${digits(min)} to ${digits(max)})`
