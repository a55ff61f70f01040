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

/** The decision on a sample, and what its human label asks for. */
export interface LabelledVerdict {
  readonly kept: boolean
  readonly wanted: boolean
}

/** Counts decisions on samples with human labels. */
export interface Tally {
  add(verdict: LabelledVerdict): void
  score(): FilterScore
}

/** Starts to count. */
export function createTally(): Tally {
  const counts = { truePositive: 0, falsePositive: 0, falseNegative: 0, trueNegative: 0 }
  return {
    add({ kept, wanted }) {
      counts[kept ? (wanted ? 'truePositive' : 'falsePositive') : wanted ? 'falseNegative' : 'trueNegative'] += 1
    },
    score() {
      const { truePositive, falsePositive, falseNegative, trueNegative } = counts
      const count = truePositive + falsePositive + falseNegative + trueNegative
      const precision = share(truePositive, truePositive + falsePositive)
      const recall = share(truePositive, truePositive + falseNegative)
      const f1 = share(2 * precision * recall, precision + recall)
      return { precision, recall, f1, accuracy: share(truePositive + trueNegative, count), count }
    },
  }
}

/** Compares what was kept with what should be. */
export function score(verdicts: Iterable<LabelledVerdict>): FilterScore {
  const tally = createTally()
  for (const verdict of verdicts) tally.add(verdict)
  return tally.score()
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)
