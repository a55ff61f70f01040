/** Stage `retrieval`: zero-shot image-text retrieval (docs/protocol.md). */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TieRule } from '../../../dsl/recipe/ties.ts'
import { readIndex } from '../../data/dataset.ts'
import type { Matrix } from '../../data/matrix_file.ts'
import type { Sample } from '../../data/sample.ts'
import { recallTable } from '../../evaluate/exhibits.ts'
import { retrievalContributions } from '../../evaluate/intervals.ts'
import { recallsOf, retrieval } from '../../evaluate/retrieval.ts'
import { retrievalCeiling, retrievalChance } from '../../evaluate/retrieval_bounds.ts'
import { precision } from '../../evaluate/similarity.ts'
import { type EmbeddingProtocol, readEmbeddingProtocol, readEmbeddings } from '../../evaluate/stored_embeddings.ts'
import { byTieRule } from '../../evaluate/ties.ts'
import type { StageContext, StageResult } from '../context.ts'
import { threadsOf } from '../engine.ts'
import type { Exhibit, Figure } from '../exhibit.ts'
import { recordIntervals, unitOf } from '../intervals.ts'
import { type TilesFrom, writeTiles } from '../pictures.ts'

const shownQueries = 5
const shownHits = 5

/** Everything that defines the numbers, stored with them. */
interface Protocol extends EmbeddingProtocol {
  readonly split: string
  readonly images: number
  readonly texts: number
  /** Independent units: landmarks, scenes or images. */
  readonly units: number
  /** Images that were left out. */
  readonly uncaptioned: number
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
  const { folder, split } = inputs.data
  const indexed = await readIndex(folder, split)
  const samples = indexed.filter(sample => sample.captions.length > 0)
  const uncaptioned = indexed.length - samples.length
  if (uncaptioned > 0)
    report.warn(`Left out of retrieval, without a caption: ${uncaptioned} of ${indexed.length} images`)
  const { ties } = params
  const of = new Set(samples.map(({ key }) => key))
  const images = await readEmbeddings(inputs.images.folder, { of })
  const captions = await readEmbeddings(inputs.captions.folder, { of })
  const imageOf = new Map(images.chosen.map(({ key }, image) => [key, image]))
  const owner = Int32Array.from(captions.chosen, ({ key }) => imageOf.get(key) ?? -1)
  const texts = captions.chosen.map(({ caption = '' }) => caption)
  const ranks = await retrieval(
    { images: images.values, texts: captions.values, owner, dim: images.columns },
    {
      threads: threadsOf(context),
      onBlock(done, total) {
        signal.throwIfAborted()
        report.progress({ done, total, unit: 'blocks' })
      },
    },
  )
  const gallery = { images: samples.length, texts, owner }
  const chance = retrievalChance(gallery, ties)
  const ceiling = retrievalCeiling(gallery, ties)
  const byRule = byTieRule(rule => recallsOf(ranks, rule))
  const recalls = byRule[ties]
  const contributions = retrievalContributions(ranks, { ties, owner, chance, units: samples.map(unitOf) })
  const { intervals, units } = recordIntervals(out, contributions)
  const embedded = await readEmbeddingProtocol(inputs.captions.folder)
  const protocol: Protocol = {
    split: split ?? 'all',
    images: samples.length,
    texts: texts.length,
    units,
    uncaptioned,
    ...embedded,
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
      await examples(out, {
        from: { folder, split, size: embedded.imageSize },
        samples,
        texts,
        owner,
        images,
        captions,
      }),
    ],
  }
}

interface RetrievalExamples {
  readonly from: TilesFrom
  readonly samples: readonly Sample[]
  readonly texts: readonly string[]
  readonly owner: Int32Array
  readonly images: Matrix
  readonly captions: Matrix
}

/** Captions spread over the split, each with the images nearest to it: not chosen by how well they do. */
async function examples(out: string, found: RetrievalExamples): Promise<Exhibit> {
  const { samples, texts, owner, images, captions } = found
  const queries = Array.from({ length: Math.min(shownQueries, texts.length) }, (_, query) => {
    const text = Math.floor(((query + 0.5) * texts.length) / shownQueries)
    const hits = samples
      .map((_, image) => ({ image, score: dot(images, image, captions, text) }))
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

function dot(a: Matrix, i: number, b: Matrix, j: number): number {
  let sum = 0
  for (let d = 0; d < a.columns; d++) sum += (a.values[i * a.columns + d] ?? 0) * (b.values[j * a.columns + d] ?? 0)
  return sum
}
