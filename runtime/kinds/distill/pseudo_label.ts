/** Stage `pseudo-label`: the first half of a distillation round. */
import { join } from 'node:path'
import { loadPixels } from '../../data/dataset.ts'
import { heatmaps } from '../../distill/heatmaps.ts'
import { pseudoLabels } from '../../distill/pseudo_labels.ts'
import { singlePatch } from '../../distill/sao.ts'
import { hostArray } from '../../engine/mod.ts'
import { percent } from '../../evaluate/percent.ts'
import { gridSide } from '../../model/config.ts'
import { readModel, requireMammut } from '../../model/model_folder.ts'
import { writeSafetensors } from '../../model/safetensors.ts'
import type { StageContext, StageResult } from '../context.ts'
import { engineOf } from '../engine.ts'
import type { Exhibit } from '../exhibit.ts'
import { heatOf, writeTile } from '../pictures.ts'
import type { ListSteps } from '../printable_step.ts'
import { marginSteps, namedQueries } from './queries.ts'

const shown = 4

/**
 * Labels every patch of every image by the sign of its smoothed margin and writes `labels.safetensors`: `labels` and
 * `certain`, both bool [images, patches, concepts], in the order of the dataset's split.
 *
 * Metrics: `positive_NAME`, `taught_NAME`, in percent of patches.
 */
export async function run(context: StageContext<'pseudo-label'>): Promise<StageResult> {
  const { params, inputs, out, report } = context
  const model = requireMammut(await readModel(inputs.model.folder), 'Localisation')
  const queries = namedQueries(params.queries)
  const { folder, split } = inputs.data
  const { pixels, samples } = await loadPixels(folder, { split, size: model.config.imageSize })
  const engine = await engineOf(context)
  const options = { engine, queries, batchSize: params.batch_size }
  const onImages = (done: number, total: number) => report.progress({ done, total, unit: 'images' })
  const smooth = await heatmaps(model, pixels, { ...options, window: params.sao, onImages })
  const { labels, certain, positive, taught } = pseudoLabels(smooth, {
    concepts: queries.length,
    margin: params.margin,
  })
  const side = gridSide(model.config)
  const shape = [samples.length, side * side, queries.length]
  await writeSafetensors(join(out, 'labels.safetensors'), {
    arrays: {
      labels: hostArray(labels, { shape, dtype: 'bool' }),
      certain: hostArray(certain, { shape, dtype: 'bool' }),
    },
    metadata: { split: split ?? '' },
  })
  const size = model.config.imageSize
  const area = size * size * 3
  const chosen = Array.from({ length: shown }, (_, i) => Math.floor(((i + 0.5) * samples.length) / shown))
  const few = new Uint8Array(shown * area)
  for (const [i, image] of chosen.entries()) few.set(pixels.subarray(image * area, (image + 1) * area), i * area)
  const raw = await heatmaps(model, few, { ...options, window: singlePatch })
  const rows = await Promise.all(
    chosen.map(async (image, i) => {
      const file = await writeTile(out, samples[image]?.key ?? String(image), { pixels, image, size })
      return queries.flatMap(({ name }, concept) => {
        const map = (maps: Float32Array, number: number) =>
          heatOf(maps, { image: number, concept, side, concepts: queries.length })
        return [
          { image: file, lines: [name] },
          { image: file, lines: ['attention'], heat: map(raw, i) },
          { image: file, lines: ['SAO'], heat: map(smooth, image) },
          { image: file, lines: ['label'], heat: map(Float32Array.from(labels), image) },
        ]
      })
    }),
  )
  const exhibit: Exhibit = {
    kind: 'strips',
    title: 'Pseudo-labels',
    note: 'The image, the raw map of single patches, the map smoothed by SAO, and the label: the smoothed map above 0. Images at even steps through the training split.',
    rows,
  }
  const metrics = Object.fromEntries(
    queries.flatMap(({ name }, i) => [
      [`positive_${name}`, percent(positive[i] ?? 0)],
      [`taught_${name}`, percent(taught[i] ?? 0)],
    ]),
  )
  const shares = queries.map(({ name }, i) => `${name} on ${percent(positive[i] ?? 0).toFixed(0)} % of patches`)
  return {
    metrics,
    summary: `${samples.length.toLocaleString('en')} images, ${shares.join(', ')}`,
    exhibits: [exhibit],
  }
}

/** The step of labelling. */
export const steps: ListSteps<'pseudo-label'> = async ({ params: { queries, batch_size: batch, sao }, config }) =>
  marginSteps(queries, { config, batch, window: sao })
