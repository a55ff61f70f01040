/** The best of the weights that a run validates, and when it has waited long enough for better ones. */
import type { StepReport } from './history.ts'
import type { TrainingState } from './state.ts'

/** How a run is validated. */
export interface Validation {
  /** Steps between two validations; the last step is validated, too. */
  readonly every: number
  /** Validations in a row without a new best after which training stops. */
  readonly patience: number
  /** What weights are worth: more is better. The same weights give the same number. */
  readonly measure: (weights: TrainingState['weights']) => Promise<number>
}

/** Weights and their average after the step that was best so far. */
export type BestWeights = Pick<TrainingState, 'weights' | 'average'>

interface ValidationPoint {
  readonly step: number
  readonly value: number
}

const validationPoints = (reports: readonly StepReport[]): readonly ValidationPoint[] =>
  reports.flatMap(({ step, validation }) => (validation === undefined ? [] : [{ step, value: validation }]))

/** The step of the highest validation, the first of equal ones; undefined before the first. */
export const bestValidation = (reports: readonly StepReport[]): ValidationPoint | undefined =>
  validationPoints(reports).reduce<ValidationPoint | undefined>(
    (best, now) => (best === undefined || now.value > best.value ? now : best),
    undefined,
  )

/** Whether as many validations as patience allows have passed since the best. */
export function isPatienceExhausted(reports: readonly StepReport[], patience: number): boolean {
  const best = bestValidation(reports)
  return best !== undefined && validationPoints(reports).filter(({ step }) => step > best.step).length >= patience
}
