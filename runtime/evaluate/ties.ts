/** Hits among items of which some score equally (docs/protocol.md). */
import type { TieRule } from '../../dsl/recipe/ties.ts'

/** Every rule for ties; the first is the default. */
export const tieRules: readonly TieRule[] = ['expected', 'against', 'for']

/** A value for each rule. */
export type ByTieRule<T> = { readonly [rule in TieRule]: T }

/** Computes a value by each rule. */
export const byTieRule = <T>(of: (rule: TieRule) => T): ByTieRule<T> => ({
  expected: of('expected'),
  against: of('against'),
  for: of('for'),
})

/** Ranks of queries. A query's rank is `above` where ties count for the model, `above + tied` where they count against it. */
export interface TiedRanks {
  /** Number of foreign items that score higher than the best own one: [queries]. */
  readonly above: Int32Array
  /** Number of foreign items that score as high as it: [queries]. */
  readonly tied: Int32Array
  /** Number of own items that share its score, itself among them: [queries]. Absent: one each. */
  readonly own?: Int32Array
}

/** The standing of one query. */
export interface Standing {
  readonly above: number
  readonly tied: number
  readonly own: number
}

/**
 * The share of the orders that a rule allows in which an own item is among the `depth` best: 0 or 1, or between them where
 * a tie is cut.
 *
 * In a random order of `own` and `tied` equal items, the first j of them hold no own one with the probability
 * C(tied, j) / C(tied + own, j).
 */
export function hitShare({ above, tied, own }: Standing, depth: number, rule: TieRule): number {
  const drawn = depth - above
  if (drawn <= 0) return 0
  if (rule === 'for' || tied < drawn) return 1
  if (rule === 'against') return 0
  if (own === 1) return drawn / (tied + 1)
  let missing = 1
  for (let item = 0; item < drawn; item++) missing *= (tied - item) / (tied + own - item)
  return 1 - missing
}

/** The share of hits of each query at a depth: [queries]. */
export const hitShares = ({ above, tied, own }: TiedRanks, depth: number, rule: TieRule): Float64Array =>
  Float64Array.from(above, (higher, query) =>
    hitShare({ above: higher, tied: tied[query] ?? 0, own: own?.[query] ?? 1 }, depth, rule),
  )
