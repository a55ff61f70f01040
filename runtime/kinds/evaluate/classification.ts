/** Stage `classification`: zero-shot classification with prompt templates (docs/protocol.md). */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { evaluationBatch } from '../../../dsl/cost/estimates.ts'
import { DataFault } from '../../../dsl/diagnostics/faults.ts'
import { readIndex } from '../../data/dataset.ts'
import { classWords } from '../../evaluate/class_names.ts'
import { classEmbeddings, classification, classificationChance, scoreAnswers } from '../../evaluate/classification.ts'
import { embedTexts } from '../../evaluate/embed.ts'
import { accuracyTable, classTable, confusionTable } from '../../evaluate/exhibits.ts'
import { classificationContributions } from '../../evaluate/intervals.ts'
import { precision } from '../../evaluate/similarity.ts'
import { readEmbeddings } from '../../evaluate/stored_embeddings.ts'
import { byTieRule } from '../../evaluate/ties.ts'
import { inputFormatOf } from '../../model/input_format.ts'
import { readModel } from '../../model/model_folder.ts'
import type { StageContext, StageResult } from '../context.ts'
import { engineOf } from '../engine.ts'
import { recordIntervals, unitOf } from '../intervals.ts'
import type { ListSteps } from '../printable_step.ts'
import { textSteps } from './embedding_steps.ts'

/**
 * Gives each labelled image of a split the class whose prompts it is nearest to; classes of fewer than `min_images`
 * images are left out and listed. Writes `classification.json` with the protocol, the measures by every rule for ties, and the per-class
 * table.
 *
 * Metrics in percent: `top1`, `top5` (from six classes), `mean_class_recall`, `chance_top1`; `top1_times_chance`.
 */
export async function run(context: StageContext<'classification'>): Promise<StageResult> {
  const { params, inputs, out, report, signal } = context
  const model = await readModel(inputs.model.folder, { weights: params.weights })
  const { folder, split } = inputs.data
  const all = await readIndex(folder, split)
  const templates = params.templates
  const counts = new Map<string, number>()
  for (const { label } of all) if (label !== '') counts.set(label, (counts.get(label) ?? 0) + 1)
  const least = params.min_images
  const names = [...counts.keys()].filter(name => (counts.get(name) ?? 0) >= least).sort()
  const leftOut = [...counts.keys()].filter(name => !names.includes(name)).sort()
  if (names.length < 2)
    throw new DataFault(`${names.length} classes of '${folder}' have ${least} images or more, and two are needed`, {
      hint: 'lower min_images or label the dataset',
    })
  if (leftOut.length > 0)
    report.warn(`Left out of classification, with fewer than ${least} images: ${leftOut.join(', ')}`)
  const words = classWords([...counts.keys()].sort(), params.class_names)
  const known = new Set(names)
  const samples = all.filter(({ label }) => known.has(label))
  const labels = Int32Array.from(samples, ({ label }) => names.indexOf(label))
  const of = new Set(samples.map(({ key }) => key))
  const images = await readEmbeddings(inputs.images.folder, { of })
  const dim = images.columns
  const engine = await engineOf(context)
  const prompts = await embedTexts(
    model,
    names.flatMap(name => templates.map(template => template.replaceAll('{}', words.get(name) ?? name))),
    {
      engine,
      batchSize: evaluationBatch,
      onDone(done, total) {
        signal.throwIfAborted()
        report.progress({ done, total, unit: 'prompts' })
      },
    },
  )
  const classes = classEmbeddings(prompts, { templates: templates.length, dim })
  const answers = await classification(
    { images: images.values, classes, labels, names, dim },
    { threads: engine.threads },
  )
  const { ties } = params
  const scores = scoreAnswers(answers, { names, ties })
  const { metrics, perClass, confusion } = scores
  const byRule = byTieRule(rule => scoreAnswers(answers, { names, ties: rule }).metrics)
  const chance = classificationChance(labels, names.length)
  const contributions = classificationContributions(answers, { ties, units: samples.map(unitOf) })
  const { intervals, units } = recordIntervals(out, contributions)
  const protocol = {
    split: split ?? 'all',
    images: samples.length,
    units,
    weights: params.weights ?? 'average',
    classes: names,
    leftOut,
    templateSet: params.template_set,
    templates,
    classNames: Object.fromEntries(names.map(name => [name, words.get(name) ?? name])),
    classEmbedding: 'unit embeddings averaged over templates, then scaled to unit length',
    ...inputFormatOf(model.network),
    precision,
    ties: params.ties,
  }
  await writeFile(
    join(out, 'classification.json'),
    `${JSON.stringify({ protocol, metrics, intervals, chance, ties: byRule, perClass, confusion }, null, 2)}\n`,
  )
  const guess = Number(chance.random.top1.toFixed(2))
  const times = Number((metrics.top1 / chance.random.top1).toFixed(1))
  return {
    metrics: { ...metrics, chance_top1: guess, top1_times_chance: times },
    intervals,
    summary: `top-1 ${metrics.top1.toFixed(2)} % of ${names.length} classes (chance ${guess.toFixed(2)} %)`,
    exhibits: [
      accuracyTable({ byRule, ties, chance, intervals, units, images: samples.length, classes: names.length }),
      classTable(scores),
      confusionTable(scores),
    ],
  }
}

/** The step of the evaluation. */
export const steps: ListSteps<'classification'> = async ({ config }) => textSteps(config, evaluationBatch)
