/** Stage `train`: one phase of a curriculum. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeModel } from '../model/model_folder.ts'
import { type LoaderOptions, type MixPart, withLoader } from '../train/loader.ts'
import type { PairSpec } from '../train/pair_objective.ts'
import { train } from '../train/trainer.ts'
import { finalLoss, lossCurves, tellSteps } from './history.ts'
import {
  engineOf,
  readAugmentation,
  readCacheBytes,
  readCheckpointing,
  readComputed,
  readContrast,
  readOptimizer,
  readSchedule,
  readSplitting,
} from './model_params.ts'
import { type Params, readNumber, readParams, readText } from './params.ts'
import { inputFolder, type StageContext, type StageResult } from './stage.ts'
import { startingModel } from './starting_model.ts'

const pairs = new URL('../train/pair_objective.js', import.meta.url).href

/** The mix of a phase: each entry of `data` names an input and its weight. */
function readMix(params: Params, inputs: StageContext['inputs']): readonly MixPart[] {
  const mix = params.data
  if (!Array.isArray(mix)) throw new Error("Parameter 'data' of the stage is not a list; compile the recipe again")
  return mix.map((part: Params) => ({
    ...inputFolder(inputs, readText(part, 'role')),
    weight: readNumber(part, 'weight'),
  }))
}

/**
 * Trains on a mix of datasets and writes the model and `history.json`.
 *
 * Metrics: `parameters`, `steps`, and `loss`, `contrastive_loss` and `caption_loss`, each the mean of the last tenth.
 */
export async function run(context: StageContext): Promise<StageResult> {
  const { id, params, inputs, out, report, signal } = context
  const { config, network, weights, tokenizerFile } = await startingModel(context)
  const batchSize = readNumber(params, 'batch_size')
  const captionWeight = readNumber(params, 'caption_weight')
  const steps = Math.max(1, Math.ceil(readNumber(params, 'samples') / batchSize))
  const loading: LoaderOptions = {
    parts: readMix(params, inputs),
    tokenizerFile,
    contextLength: network.contextLength,
    imageSize: network.imageSize,
    batchSize,
    augmentation: readAugmentation(readParams(params, 'augment')),
    shuffle: readNumber(params, 'shuffle'),
    cacheBytes: readCacheBytes(context),
    seed: readNumber(params, 'seed'),
    name: id,
  }
  const { trained, samples } = await withLoader(loading, report.log, async loader => ({
    samples: loader.samples,
    trained: await train({
      engine: await engineOf(context),
      weights,
      optimizer: readOptimizer(params),
      schedule: readSchedule(params, steps),
      contrast: readContrast(params),
      objective: { module: pairs, spec: { config: readComputed(config, context), captionWeight } satisfies PairSpec },
      batchSize,
      ...readSplitting(context),
      loader,
      arrays: ({ images, tokens }) => ({ images, tokens }),
      onStep: tellSteps(report, { total: steps, batchSize }),
      checkpoints: readCheckpointing(context),
      signal,
    }),
  }))
  await writeModel(out, { config, weights: trained.weights, last: trained.last, tokenizerFile })
  await writeFile(join(out, 'history.json'), `${JSON.stringify(trained.steps)}\n`)
  return {
    metrics: {
      parameters: network.parameters,
      steps,
      loss: finalLoss(trained.steps, 'loss'),
      contrastive_loss: finalLoss(trained.steps, 'contrastive'),
      ...(captionWeight === 0 ? {} : { caption_loss: finalLoss(trained.steps, 'caption') }),
    },
    summary: `${(steps * batchSize).toLocaleString('en')} pairs of ${samples.toLocaleString('en')} samples, loss ${finalLoss(trained.steps, 'loss').toFixed(2)}`,
    exhibits: [lossCurves(trained.steps, { batchSize, title: 'Losses' })],
  }
}
