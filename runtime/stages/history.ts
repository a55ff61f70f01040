/** What a training stage records of its steps. */

import type { StepReport } from '../train/trainer.ts'
import type { Exhibit } from './exhibit.ts'
import type { Reporter } from './stage.ts'

/** Collects steps, tells progress, and turns them into curves and metrics. */
export interface History {
  onStep(report: StepReport): void
  readonly steps: readonly StepReport[]
}

export function createHistory(
  report: Reporter,
  { total, batchSize }: { readonly total: number; readonly batchSize: number },
): History {
  const steps: StepReport[] = []
  return {
    steps,
    onStep: step => {
      steps.push(step)
      const loss = step.losses.loss
      report.progress({
        done: step.step * batchSize,
        total: total * batchSize,
        unit: 'samples',
        ...(loss === undefined ? {} : { loss }),
      })
    },
  }
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
