/** Measurements of every step of a run, as reports and as arrays of a checkpoint. */
import { floats } from '../engine/mod.ts'
import type { HostArrays } from '../model/safetensors.ts'
import { type LearningRateSchedule, learningRate } from './learning_rate.ts'

/** Measurements of one step; all but the learning rate are float32. */
export interface StepReport {
  /** From 1. */
  readonly step: number
  readonly learningRate: number
  readonly gradientNorm: number
  /** Factor of similarities after the step: exp of the parameter. */
  readonly logitScale: number
  readonly losses: Readonly<Record<string, number>>
  /** Validation score of the weights after the step, if it was measured. */
  readonly validation?: number
}

/** One array for each measurement. Learning rates are left out, as the schedule gives them. */
export function historyArrays(reports: readonly StepReport[]): HostArrays {
  const column = (of: (report: StepReport) => number | undefined) =>
    floats(Float32Array.from(reports, report => of(report) ?? Number.NaN))
  const names = Object.keys(reports[0]?.losses ?? {})
  return {
    gradientNorm: column(report => report.gradientNorm),
    logitScale: column(report => report.logitScale),
    validation: column(report => report.validation),
    ...Object.fromEntries(names.map((name, i) => [`losses.${i}.${name}`, column(report => report.losses[name])])),
  }
}

/** Rebuilds reports from such arrays; throws if their length is not `steps`. */
export function readHistory(
  arrays: HostArrays,
  { steps, schedule }: { readonly steps: number; readonly schedule: LearningRateSchedule },
): readonly StepReport[] {
  const column = (path: string): ArrayLike<number> => {
    const found = arrays[path]?.data
    if (found?.length === steps) return found
    throw new Error(`Its history '${path}' is not of ${steps} steps`)
  }
  const [norms, scales, validations] = [column('gradientNorm'), column('logitScale'), column('validation')]
  const losses = Object.keys(arrays)
    .filter(path => path.startsWith('losses.'))
    .sort()
    .map(path => ({ name: path.replace(/^losses\.\d+\./, ''), values: column(path) }))
  return Array.from({ length: steps }, (_, i) => ({
    step: i + 1,
    learningRate: learningRate(i + 1, schedule),
    gradientNorm: norms[i] ?? Number.NaN,
    logitScale: scales[i] ?? Number.NaN,
    losses: Object.fromEntries(losses.map(({ name, values }) => [name, values[i] ?? Number.NaN])),
    ...validationOf(validations[i]),
  }))
}

const validationOf = (value: number | undefined): Pick<StepReport, 'validation'> =>
  value === undefined || Number.isNaN(value) ? {} : { validation: value }
