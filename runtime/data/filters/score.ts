/** Scores of a filter against human labels. */

/** Shares between 0 and 1; 0 where nothing was predicted or nothing is true. */
export interface FilterScore {
  readonly precision: number
  readonly recall: number
  readonly f1: number
  readonly accuracy: number
  /** Number of samples that were compared. */
  readonly count: number
}

/** Compares what was kept with what should be. */
export function score(pairs: readonly { readonly kept: boolean; readonly wanted: boolean }[]): FilterScore {
  const count = (kept: boolean, wanted: boolean) => pairs.filter(p => p.kept === kept && p.wanted === wanted).length
  const right = count(true, true)
  const precision = share(right, right + count(true, false))
  const recall = share(right, right + count(false, true))
  return {
    precision,
    recall,
    f1: share(2 * precision * recall, precision + recall),
    accuracy: share(right + count(false, false), pairs.length),
    count: pairs.length,
  }
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)
