/** Stage `classifier`: fits the overhead classifier on a small labelled part and filters by it. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DataFault } from '../../../dsl/diagnostics/faults.ts'
import { classifier as definition } from '../../../dsl/kinds/filters/classifier.ts'
import { loadPixels } from '../../data/dataset.ts'
import {
  type FeatureView,
  fitClassifier,
  measureFeatures,
  type OverheadClassifier,
  type SampleFeatures,
} from '../../data/filters/classifier.ts'
import { measuredSide } from '../../data/filters/features.ts'
import { type FilterScore, score } from '../../data/filters/score.ts'
import { createRandom } from '../../data/random.ts'
import type { Sample } from '../../data/sample.ts'
import type { StageContext, StageResult } from '../context.ts'
import type { Exhibit } from '../exhibit.ts'
import { concludeFilter } from './conclude.ts'

interface Item {
  readonly sample: Sample
  readonly seen: SampleFeatures
}

interface Judged {
  readonly classifier: OverheadClassifier
  readonly score: FilterScore
}

/**
 * Human labels decide for the labelled samples; the classifier decides for the rest, whose labels it never sees.
 *
 * Metrics: `precision`, `recall`, `f1`, `accuracy` on that rest, as shares; `labelled`, `kept` and `dropped` counts.
 * Writes `classifier.json`. Throws where fewer samples carry labels than asked for, or all labels are the same.
 */
export async function run(context: StageContext<'classifier'>): Promise<StageResult> {
  const threshold = context.params.threshold
  const items = await measure(context)
  const { shown, rest } = divide(items, context)
  const views: readonly FeatureView[] = ['image', 'text', 'both']
  const judged: Judged[] = []
  for (const view of views) {
    const classifier = await fitClassifier(
      view,
      shown.map(item => item.seen),
      shown.map(item => item.sample.overhead === true),
    )
    const measured = rest.flatMap(({ sample, seen }) =>
      sample.overhead === undefined ? [] : [{ kept: classifier.judge(seen) >= threshold, wanted: sample.overhead }],
    )
    judged.push({ classifier, score: score(measured) })
  }
  const both = judged.find(({ classifier }) => classifier.view === 'both')
  if (both === undefined) throw new Error('No classifier on image and text was fitted')
  await writeFile(join(context.out, 'classifier.json'), printClassifier(both.classifier, threshold))

  const isShown = new Set(shown)
  const verdicts = items.map(item => {
    const { sample, seen } = item
    const labelled = isShown.has(item)
    if (labelled) {
      const dropped = sample.overhead ? undefined : 'labelled as no overhead view'
      return { sample, dropped, isShown: true, scores: { labelled } }
    }
    const probability = both.classifier.judge(seen)
    const dropped = probability >= threshold ? undefined : 'classified as no overhead view'
    const scores = { probability, labelled }
    return { sample, dropped, scores, remark: `probability ${probability.toFixed(2)}` }
  })
  const result = await concludeFilter(context, { scores: definition.scores, verdicts, hasAccuracy: true })
  return {
    ...result,
    metrics: { ...result.metrics, labelled: shown.length },
    summary: `${result.summary}, F1 ${both.score.f1.toFixed(3)} on ${both.score.count.toLocaleString('en')} unseen labels`,
    exhibits: [scores(judged), ...result.exhibits],
  }
}

async function measure(context: StageContext<'classifier'>): Promise<readonly Item[]> {
  const { folder, split } = context.inputs.data
  const { samples, pixels } = await loadPixels(folder, { split, size: measuredSide })
  const length = measuredSide * measuredSide * 3
  return samples.map((sample, i) => {
    context.signal.throwIfAborted()
    if (i % 100 === 0) context.report.progress({ done: i, total: samples.length, unit: 'samples' })
    return { sample, seen: measureFeatures(pixels.subarray(i * length, (i + 1) * length), sample.captions) }
  })
}

/** The samples whose labels are shown, drawn at random among those that carry one, and the others. */
function divide(
  items: readonly Item[],
  { params }: StageContext<'classifier'>,
): { readonly shown: readonly Item[]; readonly rest: readonly Item[] } {
  const labelled = params.labelled
  const random = createRandom(params.seed, 'labelled part')
  const candidates = random.shuffle(items.filter(({ sample }) => sample.overhead !== undefined))
  if (candidates.length < labelled) {
    throw new DataFault(
      `Only ${candidates.length} samples carry a human label, not ${labelled}: lower 'labelled', or label more (webdataset: "overhead" in .json)`,
    )
  }
  const shown = candidates.slice(0, labelled)
  const isShown = new Set(shown)
  return { shown, rest: items.filter(item => !isShown.has(item)) }
}

function scores(judged: readonly Judged[]): Exhibit {
  const names = { image: 'image alone', text: 'text alone', both: 'image and text' } as const
  return {
    kind: 'table',
    title: 'The classifier on labels it has not seen',
    note: 'The penalty was chosen by five-fold cross-validation on the labelled part.',
    columns: ['Looks at', 'Precision', 'Recall', 'F1', 'Accuracy', 'Samples', 'Penalty'],
    rows: judged.map(({ classifier, score: { precision, recall, f1, accuracy, count } }) => [
      names[classifier.view],
      ...[precision, recall, f1, accuracy].map(value => value.toFixed(3)),
      count,
      classifier.penalty,
    ]),
  }
}

function printClassifier({ view, penalty, scaling, linear }: OverheadClassifier, threshold: number): string {
  const { mean, deviation, width } = scaling
  const fitted = {
    ...{ view, threshold, penalty, bias: linear.bias, weights: [...linear.weights] },
    scaling: { mean: [...mean], deviation: [...deviation], width },
  }
  return `${JSON.stringify(fitted, null, 1)}\n`
}
