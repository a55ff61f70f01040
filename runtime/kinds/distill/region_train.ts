/** Stage `region-train`: the second half of a distillation round. */

import { join } from 'node:path'
import { DataFault } from '../../../dsl/diagnostics/faults.ts'
import { tokenizeQueries } from '../../distill/heatmaps.ts'
import { objective, type RegionSpec } from '../../distill/region_objective.ts'
import { floats, type HostArray } from '../../engine/mod.ts'
import { gridSide } from '../../model/config.ts'
import { readModel, requireMammut, writeModel } from '../../model/model_folder.ts'
import { networkOf } from '../../model/network.ts'
import { readSafetensors } from '../../model/safetensors.ts'
import { type Batch, type LoaderOptions, withLoader } from '../../train/loader.ts'
import { train } from '../../train/trainer.ts'
import type { StageContext, StageResult } from '../context.ts'
import { engineOf } from '../engine.ts'
import { floatType, type ListSteps, mammutOf, pairTypes } from '../printable_step.ts'
import { createRecorder, finalLoss, lossCurves } from '../train/history.ts'
import { checkpointingOf, computedOf, scheduleOf, splitOf, updateOf } from '../train/options.ts'
import { trainingSteps } from '../train/steps.ts'
import { namedQueries, queryTypes } from './queries.ts'

const regions = new URL('../../distill/region_objective.js', import.meta.url).href

/** Samples that are shuffled together; labels are held whole, so larger sets are rare. */
const shuffledTogether = 100_000

/** Rows of a labels array [images, patches, concepts] for the samples of a batch, as floats. */
function gatherRows(source: HostArray, { rows }: Batch): HostArray {
  const [, patches = 0, concepts = 0] = source.shape
  const area = patches * concepts
  const out = new Float32Array(rows.length * area)
  for (const [i, { row }] of rows.entries()) out.set(source.data.subarray(row * area, (row + 1) * area), i * area)
  return floats(out, [rows.length, patches, concepts])
}

/**
 * Trains on the image losses and, weighted by `region_weight`, on pseudo-labels; images are neither cropped nor turned,
 * so that labels stay where they belong. Writes the model, `history.json` and an event file for TensorBoard.
 *
 * Metrics: `steps`, and `loss`, `contrastive_loss`, `caption_loss` and `region_loss`, each the mean of the last tenth.
 */
export async function run(context: StageContext<'region-train'>): Promise<StageResult> {
  const { id, params, inputs, out, report, signal } = context
  const start = await readModel(inputs.init.folder, { weights: 'last' })
  const model = requireMammut(start, 'Self-distillation')
  const { config, tokenizerFile } = model
  const { arrays } = await readSafetensors(join(inputs.labels.folder, 'labels.safetensors'))
  const { labels, certain } = arrays
  if (labels === undefined || certain === undefined)
    throw new DataFault('The pseudo-labels lack an array', {
      hint: 'terroir clean --verify sets damaged results aside',
    })
  const { batch_size: batchSize } = params
  const steps = Math.max(1, Math.ceil(params.samples / batchSize))
  const loading: LoaderOptions = {
    parts: [{ ...inputs.data, weight: 1 }],
    tokenizerFile,
    contextLength: config.text.contextLength,
    imageSize: config.imageSize,
    batchSize,
    augmentation: { crop: 1, aspect: 1, filter: 'bilinear', dihedral: false, colour: params.colour },
    shuffle: shuffledTogether,
    cacheBytes: context.settings.image_cache,
    seed: params.seed,
    name: id,
  }
  const queries = tokenizeQueries(model, namedQueries(params.queries))
  const recorder = createRecorder(context, { total: steps, batchSize })
  const trained = await withLoader(loading, report.log, async loader => {
    const patches = gridSide(config) ** 2
    if (labels.shape[0] !== loader.samples || labels.shape[1] !== patches)
      throw new DataFault(
        `The pseudo-labels are of ${labels.shape[0]} images of ${labels.shape[1]} patches, the dataset has ${loader.samples} of ${patches}`,
      )
    return train({
      engine: await engineOf(context),
      weights: model.weights,
      optimizer: updateOf(params),
      schedule: scheduleOf(params, steps),
      contrast: params.contrastive,
      objective: {
        module: regions,
        spec: {
          config: computedOf(config, context),
          captionWeight: params.caption_weight,
          regionWeight: params.region_weight,
          concepts: queries.length,
        } satisfies RegionSpec,
      },
      batchSize,
      ...splitOf(context),
      loader,
      arrays: batch => ({
        images: batch.images,
        tokens: batch.tokens,
        labels: gatherRows(labels, batch),
        certain: gatherRows(certain, batch),
      }),
      constants: Object.fromEntries(
        queries.flatMap(({ prompts, against }, i) => [
          [`prompts.${i}`, prompts],
          [`against.${i}`, against],
        ]),
      ),
      onStart: recorder.onStart,
      onStep: recorder.onStep,
      checkpoints: checkpointingOf(context),
      signal,
    })
  })
  await writeModel(out, { config, weights: trained.weights, last: trained.last, tokenizerFile })
  await recorder.finish(trained.steps)
  const last = (name: string) => finalLoss(trained.steps, name)
  return {
    metrics: {
      steps,
      loss: last('loss'),
      contrastive_loss: last('contrastive'),
      caption_loss: last('caption'),
      region_loss: last('region'),
    },
    summary: `${(steps * batchSize).toLocaleString('en')} pairs, region loss ${last('region').toFixed(3)}`,
    exhibits: [lossCurves(trained.steps, { batchSize, title: 'Losses' })],
  }
}

/** The steps of the second half of a round. */
export const steps: ListSteps<'region-train'> = async ({ params, settings, config: sizes }) => {
  const config = mammutOf(sizes)
  const network = networkOf(config)
  const queries = queryTypes(params.queries, network)
  const labels = (pairs: number) => floatType(pairs, gridSide(config) ** 2, queries.length)
  return trainingSteps({
    network,
    objective: objective({
      config: computedOf(config, { settings }),
      captionWeight: params.caption_weight,
      regionWeight: params.region_weight,
      concepts: queries.length,
    }),
    optimizer: updateOf(params),
    contrast: params.contrastive,
    batchSize: params.batch_size,
    ...splitOf({ settings }),
    rows: pairs => ({ ...pairTypes(network, pairs), labels: labels(pairs), certain: labels(pairs) }),
    constants: Object.fromEntries(
      queries.flatMap(({ prompts, against }, i) => [
        [`prompts.${i}`, prompts],
        [`against.${i}`, against],
      ]),
    ),
    means: [...(params.caption_weight === 0 ? [] : ['caption']), 'region'],
  })
}
