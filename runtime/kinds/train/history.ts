/** The record that a training stage keeps of its steps. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventFileName, openEventFile } from '../../train/event_file.ts'
import type { StepReport } from '../../train/history.ts'
import type { Numbers, StageSurroundings } from '../context.ts'
import type { Exhibit } from '../exhibit.ts'

/** Records a training run while it goes on. */
export interface Recorder {
  /** Steps before a resume. */
  readonly onStart: (steps: readonly StepReport[]) => void
  readonly onStep: (step: StepReport) => void
  /** Writes `history.json` and what is left of the event file. */
  finish(steps: readonly StepReport[]): Promise<void>
}

interface RecorderOptions {
  readonly total: number
  readonly batchSize: number
  /** The metric of validations; absent: there are none. */
  readonly metric?: string | undefined
}

/** Lines of the log over a whole run, beside those of validations. */
const loggedLines = 20

/**
 * Tells the progress of a training run step by step, logs some of the steps (their numbers go into the journal), and
 * writes all of them to an event file for TensorBoard in the stage's folder, which can be read while it grows. The same
 * steps give the same files.
 */
export function createRecorder(
  { report, out }: Pick<StageSurroundings, 'report' | 'out'>,
  { total, batchSize, metric = 'metric' }: RecorderOptions,
): Recorder {
  const events = openEventFile(join(out, eventFileName))
  const logEvery = Math.max(1, Math.ceil(total / loggedLines))
  const record = (step: StepReport) => events.add({ step: step.step, values: scalarsOf(step, metric) })
  return {
    onStart(steps) {
      report.log(`TensorBoard reads the losses of ${total} steps from ${out} while it trains`)
      for (const step of steps) record(step)
      events.flush()
    },
    onStep(step) {
      const { loss } = step.losses
      record(step)
      report.progress({
        done: step.step * batchSize,
        total: total * batchSize,
        unit: 'samples',
        ...(loss === undefined ? {} : { loss }),
      })
      if (step.step % logEvery === 0 || step.step === total || step.validation !== undefined)
        report.log(lineOf(step, { total, metric }), { step: step.step, steps: total, ...scalarsOf(step, metric) })
    },
    async finish(steps) {
      events.flush()
      await writeFile(join(out, 'history.json'), `${JSON.stringify(steps)}\n`)
    },
  }
}

/** Names of losses as the metrics of stages have them: `loss`, `caption_loss`. */
const lossName = (name: string): string => (name === 'loss' ? name : `${name}_loss`)

function scalarsOf(step: StepReport, metric: string): Numbers {
  return {
    ...Object.fromEntries(Object.entries(step.losses).map(([name, value]) => [lossName(name), value])),
    learning_rate: step.learningRate,
    gradient_norm: step.gradientNorm,
    logit_scale: step.logitScale,
    ...(step.validation !== undefined && { [`validation/${metric}`]: step.validation }),
  }
}

function lineOf(
  { step, losses, learningRate, gradientNorm, validation }: StepReport,
  { total, metric }: { readonly total: number; readonly metric: string },
): string {
  const values = Object.entries(losses).map(
    ([name, value]) => `${lossName(name).replace('_', ' ')} ${value.toFixed(4)}`,
  )
  const judged = validation === undefined ? [] : [`validation ${metric} ${validation.toFixed(2)}`]
  const pace = [`learning rate ${learningRate.toPrecision(3)}`, `gradient norm ${gradientNorm.toPrecision(3)}`]
  return `Step ${step} of ${total}: ${[...values, ...judged, ...pace].join(', ')}`
}

/** Mean of a loss over the last tenth of the steps. */
export function finalLoss(steps: readonly StepReport[], name: string): number {
  const last = steps.slice(-Math.max(1, Math.round(steps.length / 10)))
  return Number((last.reduce((sum, step) => sum + (step.losses[name] ?? 0), 0) / last.length).toFixed(4))
}

/** The losses over samples seen. */
export function lossCurves(
  steps: readonly StepReport[],
  { batchSize, title }: { readonly batchSize: number; readonly title: string },
): Exhibit {
  const names = Object.keys(steps[0]?.losses ?? {})
  return {
    kind: 'curves',
    title,
    x: 'samples seen',
    y: 'loss',
    series: names.map(name => ({
      name,
      points: steps.map(({ step, losses }) => [step * batchSize, losses[name] ?? 0] as const),
    })),
  }
}

/** The curve of the validation metric over samples seen; none without validations. */
export function validationCurves(
  steps: readonly StepReport[],
  { batchSize, metric }: { readonly batchSize: number; readonly metric: string | undefined },
): readonly Exhibit[] {
  if (metric === undefined) return []
  const points = steps.flatMap(({ step, validation }) =>
    validation === undefined ? [] : [[step * batchSize, validation] as const],
  )
  return [
    { kind: 'curves', title: 'Validation', x: 'samples seen', y: `${metric}, %`, series: [{ name: metric, points }] },
  ]
}
