/** The contributions of units to the precision, recall, F1 and accuracy of a filter. */
import type { LabelledVerdict } from '../data/filters/score.ts'
import type { Contributions } from './intervals.ts'
import { collectUnits } from './unit_sums.ts'

/** Collects decisions on samples with human labels. */
export interface DecisionCollector {
  add(unit: string, verdict: LabelledVerdict): void
  finish(): Contributions
}

/** Starts to collect decisions. */
export function collectDecisions(): DecisionCollector {
  const collector = collectUnits(4)
  return {
    add: (unit, { kept, wanted }) => collector.add(unit, (kept ? 0 : 2) + (wanted ? 0 : 1), 1),
    finish: () => ({
      sums: collector.finish(),
      measures: ([right = 0, wrong = 0, missed = 0, rejected = 0]) => ({
        precision: right / (right + wrong),
        recall: right / (right + missed),
        f1: (2 * right) / (2 * right + wrong + missed),
        accuracy: (right + rejected) / (right + wrong + missed + rejected),
      }),
      most: { precision: 1, recall: 1, f1: 1, accuracy: 1 },
    }),
  }
}
