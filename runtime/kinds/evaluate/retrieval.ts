/** Stage `retrieval`: zero-shot image-text retrieval (docs/protocol.md). */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DataFault } from '../../../dsl/diagnostics/faults.ts'
import type { TieRule } from '../../../dsl/recipe/ties.ts'
import { readIndex, readPixels } from '../../data/dataset.ts'
import type { Sample } from '../../data/sample.ts'
import { cleanCaption } from '../../evaluate/cleaning.ts'
import { embedImages, embedTexts } from '../../evaluate/embed.ts'
import { recallTable } from '../../evaluate/exhibits.ts'
import { retrievalContributions } from '../../evaluate/intervals.ts'
import { recallsOf, retrieval } from '../../evaluate/retrieval.ts'
import { retrievalCeiling, retrievalChance } from '../../evaluate/retrieval_bounds.ts'
import { precision } from '../../evaluate/similarity.ts'
import { byTieRule } from '../../evaluate/ties.ts'
import { type InputFormat, inputFormatOf } from '../../model/input_format.ts'
import { type ChosenWeights, readModel } from '../../model/model_folder.ts'
import type { StageContext, StageResult } from '../context.ts'
import { engineOf } from '../engine.ts'
import type { Exhibit, Figure } from '../exhibit.ts'
import { recordIntervals, unitOf } from '../intervals.ts'
import { type TilesFrom, writeTiles } from '../pictures.ts'
import type { ListSteps } from '../printable_step.ts'
import { embeddingSteps } from './embedding_steps.ts'

/** Images, or texts, of a batch. */
const together = 64

const shownQueries = 5
const shownHits = 5

/** Everything that defines the numbers, stored with them. */
interface Protocol extends InputFormat {
  readonly split: string
  readonly images: number
  readonly texts: number
  /** Independent units: landmarks, scenes or images. */
  readonly units: number
  /** Images that were left out. */
  readonly uncaptioned: number
  readonly weights: ChosenWeights
  readonly captionCleaning: string
  readonly precision: string
  readonly ties: TieRule
}

/**
 * Ranks every caption for every image and every image for every caption of a split; images are grouped by the file or
 * landmark tile they are. Writes `retrieval.json` with the protocol, recalls, intervals, chance, the recalls by every rule
 * for ties, and the recalls that equal captions leave possible.
 *
 * Metrics: `i2t_r1` ... `t2i_r10`, `mean_recall` in percent; `chance_mean_recall`; `i2t_r1_times_chance`,
 * `t2i_r1_times_chance` and `mean_recall_times_chance`.
 */
export async function run(context: StageContext<'retrieval'>): Promise<StageResult> {
  const { params, inputs, out, report, signal } = context
  const model = await readModel(inputs.model.folder, { weights: params.weights })
  const { folder, split } = inputs.data
  const { imageSize: size, embedDim: dim, preprocessing } = model.network
  const from = { folder, split, size, filter: preprocessing.filter }
  const indexed = await readIndex(folder, split)
  const samples = indexed.filter(sample => sample.captions.length > 0)
  if (samples.length === 0)
    throw new DataFault(`The ${indexed.length} images of '${folder}' have no captions to retrieve`, {
      hint: 'caption the dataset first',
    })
  const uncaptioned = indexed.length - samples.length
  if (uncaptioned > 0)
    report.warn(`Left out of retrieval, without a caption: ${uncaptioned} of ${indexed.length} images`)
  const { cleaning, ties } = params
  const captions = samples.map(sample => sample.captions.map(caption => cleanCaption(caption, cleaning)))
  const owner = Int32Array.from(captions.flatMap((texts, image) => texts.map(() => image)))
  const texts = captions.flat()
  const onDone = (base: number) => (done: number) => {
    signal.throwIfAborted()
    report.progress({ done: base + done, total: samples.length + texts.length, unit: 'embeddings' })
  }
  const engine = await engineOf(context)
  const blocks = readPixels(folder, { ...from, only: sample => sample.captions.length > 0 })
  const images = await embedImages(model, blocks, {
    engine,
    total: samples.length,
    batchSize: together,
    onDone: onDone(0),
  })
  const embedded = await embedTexts(model, texts, { engine, batchSize: together, onDone: onDone(samples.length) })
  const ranks = await retrieval(
    { images, texts: embedded, owner, dim },
    { threads: engine.threads, onBlock: () => signal.throwIfAborted() },
  )
  const gallery = { images: samples.length, texts, owner }
  const chance = retrievalChance(gallery, ties)
  const ceiling = retrievalCeiling(gallery, ties)
  const byRule = byTieRule(rule => recallsOf(ranks, rule))
  const recalls = byRule[ties]
  const contributions = retrievalContributions(ranks, { ties, owner, chance, units: samples.map(unitOf) })
  const { intervals, units } = recordIntervals(out, contributions)
  const protocol: Protocol = {
    split: split ?? 'all',
    images: samples.length,
    texts: texts.length,
    units,
    uncaptioned,
    weights: params.weights ?? 'average',
    ...inputFormatOf(model.network),
    captionCleaning: cleaning,
    precision,
    ties,
  }
  const record = { protocol, recalls, intervals, chance, ties: byRule, ceiling }
  await writeFile(join(out, 'retrieval.json'), `${JSON.stringify(record, null, 2)}\n`)
  const times = (name: 'i2t_r1' | 't2i_r1' | 'mean_recall') => Number((recalls[name] / chance[name]).toFixed(1))
  return {
    metrics: {
      ...recalls,
      chance_mean_recall: Number(chance.mean_recall.toFixed(2)),
      i2t_r1_times_chance: times('i2t_r1'),
      t2i_r1_times_chance: times('t2i_r1'),
      mean_recall_times_chance: times('mean_recall'),
    },
    intervals,
    summary: `mean recall ${recalls.mean_recall.toFixed(2)} % (chance ${chance.mean_recall.toFixed(2)} %), R@1 ${times('t2i_r1')} times chance`,
    exhibits: [
      recallTable({ byRule, ties, chance, ceiling, intervals, images: samples.length, texts: texts.length, units }),
      await examples(out, { from, samples, texts, owner, images, embedded, dim }),
    ],
  }
}

interface RetrievalExamples {
  readonly from: TilesFrom
  readonly samples: readonly Sample[]
  readonly texts: readonly string[]
  readonly owner: Int32Array
  readonly images: Float32Array
  readonly embedded: Float32Array
  readonly dim: number
}

/** Captions spread over the split, each with the images nearest to it: not chosen by how well they do. */
async function examples(out: string, found: RetrievalExamples): Promise<Exhibit> {
  const { samples, texts, owner, dim } = found
  const queries = Array.from({ length: Math.min(shownQueries, texts.length) }, (_, query) => {
    const text = Math.floor(((query + 0.5) * texts.length) / shownQueries)
    const hits = samples
      .map((_, image) => ({ image, score: dot(found.images, image, found.embedded, text, dim) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, shownHits)
    return { text, hits }
  })
  const shown = queries.flatMap(({ hits }) => hits.flatMap(({ image }) => samples[image] ?? []))
  const files = await writeTiles(out, found.from, new Set(shown.map(({ key }) => key)))
  const rows = queries.map(({ text, hits }): readonly Figure[] => [
    { image: '', lines: [texts[text] ?? ''] },
    ...hits.map(({ image, score }): Figure => {
      const { key = '', label = '' } = samples[image] ?? {}
      const right = image === owner[text]
      const tag = { text: right ? 'right' : label || 'other', tone: right ? 'good' : 'neutral' } as const
      return { image: files.get(key) ?? '', lines: [score.toFixed(3)], tag }
    }),
  ])
  return {
    kind: 'strips',
    title: 'Captions and the images nearest to them',
    note: 'Five captions at even steps through the split, not picked by result; the label is the class of the image found.',
    rows,
  }
}

function dot(a: Float32Array, i: number, b: Float32Array, j: number, dim: number): number {
  let sum = 0
  for (let d = 0; d < dim; d++) sum += (a[i * dim + d] ?? 0) * (b[j * dim + d] ?? 0)
  return sum
}

/** The steps of the evaluation. */
export const steps: ListSteps<'retrieval'> = async ({ config }) =>
  embeddingSteps(config, { images: together, texts: together })
