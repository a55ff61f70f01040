/** Early stopping: the best validated weights of a run, and the end of its patience. */
import type { StepReport } from './history.ts'
import type { TrainingState } from './state.ts'

/** Options of validation. */
export interface Validation {
  /** Steps between two validations; the last step is validated as well. */
  readonly every: number
  /** Validations in a row without a new best after which training stops. */
  readonly patience: number
  /** The score of weights: higher is better. The same weights give the same number. */
  readonly measure: (weights: TrainingState['weights']) => Promise<number>
}

/** Weights and their average after the best validated step so far. */
export type BestWeights = Pick<TrainingState, 'weights' | 'average'>

/** The validation score after a step. */
interface ValidationPoint {
  readonly step: number
  readonly value: number
}

const validationPoints = (reports: readonly StepReport[]): readonly ValidationPoint[] =>
  reports.flatMap(({ step, validation }) => (validation === undefined ? [] : [{ step, value: validation }]))

/** The step of the highest validation, the first of equal ones; undefined before the first. */
export const bestValidation = (reports: readonly StepReport[]): ValidationPoint | undefined =>
  validationPoints(reports).reduce<ValidationPoint | undefined>(
    (best, point) => (best === undefined || point.value > best.value ? point : best),
    undefined,
  )

/** True if as many validations as patience allows have passed since the best. */
export function isPatienceExhausted(reports: readonly StepReport[], patience: number): boolean {
  const best = bestValidation(reports)
  return best !== undefined && validationPoints(reports).filter(({ step }) => step > best.step).length >= patience
}
