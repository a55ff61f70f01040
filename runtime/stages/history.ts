/** What a training stage records of its steps. */

import type { StepReport } from '../train/history.ts'
import type { Exhibit } from './exhibit.ts'
import type { Reporter } from './stage.ts'

/** Tells the progress of a training run, step by step. */
export function tellSteps(
  report: Reporter,
  { total, batchSize }: { readonly total: number; readonly batchSize: number },
): (step: StepReport) => void {
  return ({ step, losses: { loss } }) =>
    report.progress({
      done: step * batchSize,
      total: total * batchSize,
      unit: 'samples',
      ...(loss === undefined ? {} : { loss }),
    })
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
