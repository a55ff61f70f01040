/** The best of the weights that a run validates, and when it has waited long enough for better ones. */
import type { StepReport } from './history.ts'
import type { State } from './state.ts'

/** How a run is validated. */
export interface Validation {
  /** Steps between two validations; the last step is validated, too. */
  readonly every: number
  /** Validations in a row without a new best after which training stops. */
  readonly patience: number
  /** What weights are worth: more is better. The same weights give the same number. */
  readonly measure: (weights: State['weights']) => Promise<number>
}

/** Weights and their average after the step that was best so far. */
export type Best = Pick<State, 'weights' | 'average'>

interface Validated {
  readonly step: number
  readonly value: number
}

const validated = (reports: readonly StepReport[]): readonly Validated[] =>
  reports.flatMap(({ step, validation }) => (validation === undefined ? [] : [{ step, value: validation }]))

/** The step of the highest validation, the first of equal ones; undefined before the first. */
export const bestOf = (reports: readonly StepReport[]): Validated | undefined =>
  validated(reports).reduce<Validated | undefined>(
    (best, now) => (best === undefined || now.value > best.value ? now : best),
    undefined,
  )

/** Whether as many validations as patience allows have passed since the best. */
export function isExhausted(reports: readonly StepReport[], patience: number): boolean {
  const best = bestOf(reports)
  return best !== undefined && validated(reports).filter(({ step }) => step > best.step).length >= patience
}
