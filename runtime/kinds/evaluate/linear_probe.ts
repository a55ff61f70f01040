/** Stage `linear-probe`: a linear classifier on frozen image features (docs/protocol.md). */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DataFault } from '../../../dsl/diagnostics/faults.ts'
import { readIndex } from '../../data/dataset.ts'
import type { Sample } from '../../data/sample.ts'
import { classificationChance, rankClasses, scoreAnswers } from '../../evaluate/classification.ts'
import { accuracyTable, classTable, confusionTable } from '../../evaluate/exhibits.ts'
import { classificationContributions } from '../../evaluate/intervals.ts'
import { fitProbe, penalties } from '../../evaluate/linear_probe.ts'
import { readEmbeddingProtocol, readEmbeddings } from '../../evaluate/stored_embeddings.ts'
import { byTieRule } from '../../evaluate/ties.ts'
import type { InputFolder, StageContext, StageResult } from '../context.ts'
import { threadsOf } from '../engine.ts'
import type { Exhibit } from '../exhibit.ts'
import { recordIntervals, unitOf } from '../intervals.ts'

/**
 * Learns the classes of the input `train` from image features and measures on the images of `data` with these labels.
 * Writes `linear-probe.json` with the protocol, the measures by every rule for ties, and the per-class table.
 *
 * Metrics in percent: `top1`, `top5` (from six classes), `mean_class_recall`, `chance_top1`, `validation_top1` of the
 * chosen penalty; `top1_times_chance`; `penalty`.
 */
export async function run(context: StageContext<'linear-probe'>): Promise<StageResult> {
  const { params, inputs, out, report, signal } = context
  const { train, data } = inputs
  const { names, trainSamples, testSamples, leftOut } = await labelled(train, data)
  if (leftOut.length > 0)
    report.warn(`Left out of the linear probe, as no training image is labelled so: ${leftOut.join(', ')}`)
  const labelsOf = (samples: readonly Sample[]) => Int32Array.from(samples, ({ label }) => names.indexOf(label))
  const isPooled = params.features === 'pooled'
  const vectorsOf = ({ folder }: InputFolder, samples: readonly Sample[]) =>
    readEmbeddings(folder, {
      of: new Set(samples.map(({ key }) => key)),
      matrix: isPooled ? 'features' : 'embeddings',
    })
  const learnt = await vectorsOf(inputs.trainImages, trainSamples)
  const seen = await vectorsOf(inputs.images, testSamples)
  const { validation, ties } = params
  const probe = await fitProbe(
    { features: learnt.values, labels: labelsOf(trainSamples) },
    {
      dim: learnt.columns,
      names,
      validation,
      ties,
      seed: params.seed,
      threads: threadsOf(context),
      onFit(done, fits) {
        signal.throwIfAborted()
        report.progress({ done, total: fits, unit: 'fits' })
      },
    },
  )
  const labels = labelsOf(testSamples)
  const answers = rankClasses(probe.judge(seen.values), { labels, names })
  const scores = scoreAnswers(answers, { names, ties })
  const { metrics, perClass, confusion } = scores
  const byRule = byTieRule(rule => scoreAnswers(answers, { names, ties: rule }).metrics)
  const chance = classificationChance(labels, names.length)
  const contributions = classificationContributions(answers, { ties, units: testSamples.map(unitOf) })
  const { intervals, units } = recordIntervals(out, contributions)
  const validated = Math.max(...probe.validated)
  const protocol = {
    trainSplit: train.split ?? 'all',
    trainImages: trainSamples.length,
    split: data.split ?? 'all',
    images: testSamples.length,
    units,
    classes: names,
    leftOut,
    features: isPooled ? 'pooled, before the projection' : 'unit embeddings',
    scaling: 'centred and divided by the standard deviation over the images that are fitted',
    loss: 'mean cross-entropy + penalty / 2 * squared coefficients, by L-BFGS over all images at once',
    validation: { share: validation, penalties, top1: probe.validated },
    penalty: probe.penalty,
    ...(await readEmbeddingProtocol(inputs.images.folder)),
    ties,
  }
  await writeFile(
    join(out, 'linear-probe.json'),
    `${JSON.stringify({ protocol, metrics, intervals, chance, ties: byRule, perClass, confusion }, null, 2)}\n`,
  )
  const guess = Number(chance.random.top1.toFixed(2))
  const times = Number((metrics.top1 / chance.random.top1).toFixed(1))
  return {
    metrics: {
      ...metrics,
      chance_top1: guess,
      top1_times_chance: times,
      penalty: probe.penalty,
      validation_top1: validated,
    },
    intervals,
    summary: `top-1 ${metrics.top1.toFixed(2)} % of ${names.length} classes (chance ${guess.toFixed(2)} %), penalty ${probe.penalty}`,
    exhibits: [
      accuracyTable({ byRule, ties, chance, intervals, units, images: testSamples.length, classes: names.length }),
      penaltyTable(probe),
      classTable(scores),
      confusionTable(scores),
    ],
  }
}

/** Images of classes that have a training image, and names of the classes that have none. */
async function labelled(train: InputFolder, data: InputFolder) {
  const withLabel = async ({ folder, split }: InputFolder) =>
    (await readIndex(folder, split)).filter(({ label }) => label !== '')
  const [trainSamples, all] = [await withLabel(train), await withLabel(data)]
  const names = [...new Set(trainSamples.map(({ label }) => label))].sort()
  const known = new Set(names)
  if (names.length < 2)
    throw new DataFault(`The training images in '${train.folder}' have ${names.length} classes, and two are needed`, {
      hint: 'label the dataset',
    })
  const testSamples = all.filter(({ label }) => known.has(label))
  if (testSamples.length === 0)
    throw new DataFault(`No image of '${data.folder}' has a label that the training images have: ${names.join(', ')}`, {
      hint: 'give both datasets the same labels',
    })
  const leftOut = [...new Set(all.filter(({ label }) => !known.has(label)).map(({ label }) => label))].sort()
  return { names, trainSamples, testSamples, leftOut }
}

const penaltyTable = ({
  penalty,
  validated,
}: {
  readonly penalty: number
  readonly validated: readonly number[]
}): Exhibit => ({
  kind: 'table',
  title: 'Choice of the penalty',
  note: 'Percent of the validation part of the training images that is right; of equals the strongest penalty is taken.',
  columns: ['Penalty', 'Right', ''],
  rows: penalties.map((tried, index) => [String(tried), validated[index] ?? '', tried === penalty ? 'chosen' : '']),
})
