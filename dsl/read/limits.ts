/** The limits of evaluation: a recipe is small, and one that grows beyond these limits is stopped. */
import type { Located, LocatedList, LocatedMap } from '../values/located.ts'

/** Steps and values that evaluation has used. */
export interface EvaluationUsage {
  /** Evaluated expressions, with copies counted in the same unit. */
  steps: number
  /** Number of values in each list and mapping; a value that is used twice counts twice. */
  readonly sizes: Map<Located, number>
}

/** Steps of a recipe. */
export const mostSteps = 200_000

/** Values of a recipe; a value that is used twice counts twice. */
export const mostValues = 500_000

/** Characters that count as a step where texts are joined. */
const stepText = 64

/** Joins texts; long ones cost steps, so that repeated doubling of a text ends. */
export function joined(usage: EvaluationUsage, parts: readonly string[]): string {
  usage.steps += Math.floor(parts.reduce((sum, part) => sum + part.length, 0) / stepText)
  return usage.steps > mostSteps ? '' : parts.join('')
}

/** True if a new value holds more values than a recipe may, as after repeated doubling. */
export function isTooLarge({ sizes }: EvaluationUsage, value: LocatedList | LocatedMap): boolean {
  const inner = value.kind === 'list' ? value.items : [...value.entries.values()].map(entry => entry.value)
  const size = inner.reduce((sum, part) => sum + (sizes.get(part) ?? 1), 1)
  sizes.set(value, size)
  return size > mostValues
}
