/** Stage `localisation`: zero-shot localisation against masks (docs/protocol.md). */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadMasks, loadPixels } from '../../data/dataset.ts'
import { heatmaps } from '../../distill/heatmaps.ts'
import { singlePatch } from '../../distill/sao.ts'
import { localisationTable } from '../../evaluate/exhibits.ts'
import {
  type Concept,
  type LocalisationScores,
  localisation,
  localisationChance,
  localisationMetrics,
} from '../../evaluate/localisation.ts'
import { localisationContributions } from '../../evaluate/localisation_intervals.ts'
import { meanMaskConcept } from '../../evaluate/mean_mask.ts'
import { byTieRule } from '../../evaluate/ties.ts'
import { gridSide } from '../../model/config.ts'
import { readModel, requireMammut } from '../../model/model_folder.ts'
import type { StageContext, StageResult } from '../context.ts'
import { marginSteps, namedQueries } from '../distill/queries.ts'
import { engineOf } from '../engine.ts'
import type { Exhibit, Figure } from '../exhibit.ts'
import { recordIntervals, unitOf } from '../intervals.ts'
import { heatOf, writeMask, writeTile } from '../pictures.ts'
import type { ListSteps } from '../printable_step.ts'

const shown = 6

/** Images whose masks make the mean mask: its error falls with their root, and a thousand leave about a point. */
const referenceImages = 1000

/** Images of a batch. */
const imagesTogether = 64

/**
 * Scores every patch for every concept and compares the maps with the dataset's masks of the same names.
 *
 * Metrics in percent: `iou_NAME`, `image_iou_NAME`, `pointing_NAME`, `ap_NAME` and their means; with a reference split
 * `mean_mask_mean_iou`, the baseline that marks where the concept usually lies, and `chance_mean_iou`.
 */
export async function run(context: StageContext<'localisation'>): Promise<StageResult> {
  const { params, inputs, out, report } = context
  const model = requireMammut(await readModel(inputs.model.folder, { weights: params.weights }), 'Localisation')
  const { folder, split } = inputs.data
  const size = model.config.imageSize
  const { samples, pixels } = await loadPixels(folder, { split, size })
  const queries = namedQueries(params.queries)
  const { map } = params
  const maps = await heatmaps(model, pixels, {
    engine: await engineOf(context),
    queries,
    window: map === 'sao' ? params.sao : singlePatch,
    batchSize: imagesTogether,
    onImages: (done, total) => report.progress({ done, total, unit: 'images' }),
  })
  const side = gridSide(model.config)
  const concepts: Concept[] = []
  for (const [i, { name }] of queries.entries()) {
    const scores = Float32Array.from(
      { length: samples.length * side * side },
      (_, cell) => maps[cell * queries.length + i] ?? 0,
    )
    concepts.push({ name, scores, masks: await loadMasks(folder, { split, name, size }) })
  }
  const { ties } = params
  const shape = { images: samples.length, rows: side, columns: side, size, ties }
  const scores = localisation(concepts, shape)
  const chance = localisationChance(scores.concepts)
  const columns = [
    { name: map === 'sao' ? 'SAO' : 'Attention', metrics: scores.metrics },
    { name: 'Chance', metrics: chance },
  ]
  const baseline = await meanMask(context, { concepts, size })
  if (baseline) columns.push({ name: 'Mean mask', metrics: baseline.metrics })
  const byRule = byTieRule(rule => localisationMetrics(scores.concepts, { ties: rule }))
  const { intervals, units } = recordIntervals(
    out,
    localisationContributions({ scores, baseline, ties, units: samples.map(unitOf) }),
  )
  const protocol = {
    split: split ?? 'all',
    images: samples.length,
    units,
    map,
    imageSize: size,
    grid: side,
    threshold: 'margin against the nearest contrast prompt above 0',
    upsampling: 'bilinear',
    ties,
    queries,
  }
  const record = {
    ...{ protocol, metrics: scores.metrics, intervals, chance },
    meanMask: baseline?.metrics ?? null,
    ties: byRule,
  }
  await writeFile(join(out, 'localisation.json'), `${JSON.stringify(record, null, 2)}\n`)
  const iou = scores.metrics.mean_iou ?? 0
  return {
    metrics: {
      ...scores.metrics,
      chance_mean_iou: chance.mean_iou ?? 0,
      ...(baseline && {
        mean_mask_mean_iou: baseline.metrics.mean_iou ?? 0,
        mean_iou_over_mean_mask: Number((iou - (baseline.metrics.mean_iou ?? 0)).toFixed(2)),
      }),
    },
    intervals,
    summary: `mean IoU ${iou.toFixed(2)} %${baseline ? `, mean mask ${(baseline.metrics.mean_iou ?? 0).toFixed(2)} %` : ''}, pointing ${(scores.metrics.mean_pointing ?? 0).toFixed(2)} %`,
    exhibits: [
      localisationTable(columns, { byRule, intervals, units }),
      await examples(out, { concepts, keys: samples.map(sample => sample.key), pixels, maps, side, size }),
    ],
  }
}

/** The scores of the reference split's mean mask as a prediction; absent without a reference. */
async function meanMask(
  { inputs, params }: Pick<StageContext<'localisation'>, 'inputs' | 'params'>,
  { concepts, size }: { readonly concepts: readonly Concept[]; readonly size: number },
): Promise<LocalisationScores | undefined> {
  const reference = inputs.reference
  if (reference === undefined) return undefined
  const means: Concept[] = []
  for (const { name, masks } of concepts) {
    const known = await loadMasks(reference.folder, { split: reference.split, name, size, atMost: referenceImages })
    means.push(meanMaskConcept({ name, masks }, { reference: known, size }))
  }
  const images = (means[0]?.masks.length ?? 0) / size ** 2
  return localisation(means, { images, rows: size, columns: size, size, ties: params.ties })
}

interface LocalisationExamples {
  readonly concepts: readonly Concept[]
  readonly keys: readonly string[]
  readonly pixels: Uint8Array
  readonly maps: Float32Array
  readonly side: number
  readonly size: number
}

/** Images at even steps through those that show some but not only the concept. */
async function examples(
  out: string,
  { concepts, keys, pixels, maps, side, size }: LocalisationExamples,
): Promise<Exhibit> {
  const rows: Figure[][] = []
  for (const [concept, { name, masks }] of concepts.entries()) {
    const share = (image: number) =>
      masks.subarray(image * size * size, (image + 1) * size * size).reduce((sum, value) => sum + value, 0) / size ** 2
    const mixed = keys.flatMap((_, image) => (share(image) > 0.1 && share(image) < 0.9 ? [image] : []))
    for (let i = 0; i < Math.min(shown, mixed.length); i++) {
      const image = mixed[Math.floor(((i + 0.5) * mixed.length) / Math.min(shown, mixed.length))] ?? 0
      const key = keys[image] ?? ''
      const file = await writeTile(out, key, { pixels, image, size })
      const mask = await writeMask(out, `${key}-${name}`, { masks, image, size })
      rows.push([
        { image: file, lines: [`${name}, ${key}`] },
        { image: file, lines: ['map'], heat: heatOf(maps, { image, concept, side, concepts: concepts.length }) },
        { image: mask, lines: ['true mask'] },
      ])
    }
  }
  return {
    kind: 'strips',
    title: 'Maps over images, beside the true masks',
    note: 'Images at even steps through those that show the concept on a tenth to nine tenths of their area, not picked by result.',
    columns: ['Image', 'Map', 'True mask'],
    rows,
  }
}

/** The step of localisation. */
export const steps: ListSteps<'localisation'> = async ({ params: { queries, map, sao }, config }) =>
  marginSteps(queries, { config, batch: imagesTogether, window: map === 'sao' ? sao : singlePatch })
