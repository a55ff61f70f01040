/** Stage `train`: one phase of a curriculum. */
import { readIndex } from '../../data/dataset.ts'
import { writeModel } from '../../model/model_folder.ts'
import { type ModelConfig, networkOf } from '../../model/network.ts'
import { bestValidation } from '../../train/early_stopping.ts'
import { type LoaderOptions, type MixPart, withLoader } from '../../train/loader.ts'
import { objective, type PairSpec } from '../../train/pair_objective.ts'
import { train } from '../../train/trainer.ts'
import type { StageContext, StageResult } from '../context.ts'
import { engineOf } from '../engine.ts'
import { mammutConfig } from '../models/mammut.ts'
import { type ListSteps, pairTypes } from '../printable_step.ts'
import { createRecorder, finalLoss, lossCurves, validationCurves } from './history.ts'
import { checkpointingOf, computedOf, scheduleOf, splitOf, updateOf } from './options.ts'
import { startingModel } from './starting_model.ts'
import { trainingSteps } from './steps.ts'
import { openValidation } from './validation.ts'

const pairs = new URL('../../train/pair_objective.js', import.meta.url).href

/**
 * The mix of a phase: each entry of `data` names an input and its weight, which a temperature T multiplies by the number of
 * its samples to the power of 1 / T.
 */
async function mixOf({ params, inputs, report }: StageContext<'train'>): Promise<readonly MixPart[]> {
  const { data: mix, temperature } = params
  const parts = inputs.data.map((folder, i) => ({ ...folder, weight: mix[i]?.weight ?? 0 }))
  if (temperature === undefined) return parts
  const sized = await Promise.all(
    parts.map(async ({ weight, ...part }) => {
      const { length } = await readIndex(part.folder, part.split)
      return { ...part, size: length, weight: weight * length ** (1 / temperature) }
    }),
  )
  const total = sized.reduce((sum, { weight }) => sum + weight, 0)
  return sized.map(({ size, weight, ...part }, i) => {
    report.log(
      `Dataset ${i + 1} of the mix has ${size} samples and is ${((100 * weight) / total).toFixed(1)} % of what is drawn`,
    )
    return { ...part, weight: weight / total }
  })
}

/**
 * Trains on a mix of datasets and writes the model, `history.json` and an event file for TensorBoard.
 *
 * Metrics: `parameters`, `steps`, and `loss`, `contrastive_loss` and `caption_loss`, each the mean of the last tenth; with
 * `stop_early` also `best_step` and the `validation_METRIC` there.
 */
export async function run(context: StageContext<'train'>): Promise<StageResult> {
  const { id, params, out, report, signal } = context
  const model = await startingModel(context)
  const { config, network, weights, tokenizerFile } = model
  const { batch_size: batchSize, caption_weight: captionWeight } = params
  const steps = Math.max(1, Math.ceil(params.samples / batchSize))
  const loading: LoaderOptions = {
    parts: await mixOf(context),
    tokenizerFile,
    contextLength: network.contextLength,
    imageSize: network.imageSize,
    batchSize,
    augmentation: params.augment,
    shuffle: params.shuffle,
    cacheBytes: context.settings.image_cache,
    seed: params.seed,
    name: id,
  }
  const validation = await openValidation(context, { model, pairs: batchSize })
  const recorder = createRecorder(context, { total: steps, batchSize, metric: validation?.metric })
  const { trained, samples } = await withLoader(loading, report.log, async loader => ({
    samples: loader.samples,
    trained: await train({
      engine: await engineOf(context),
      weights,
      optimizer: updateOf(params, params.freeze),
      schedule: scheduleOf(params, steps),
      contrast: params.contrastive,
      objective: { module: pairs, spec: { config: computedOf(config, context), captionWeight } satisfies PairSpec },
      batchSize,
      ...splitOf(context),
      loader,
      arrays: ({ images, tokens }) => ({ images, tokens }),
      validation,
      onStart: recorder.onStart,
      onStep: recorder.onStep,
      checkpoints: checkpointingOf(context),
      signal,
    }),
  }))
  await writeModel(out, { config, weights: trained.weights, last: trained.last, tokenizerFile })
  await recorder.finish(trained.steps)
  const best = bestValidation(trained.steps)
  return {
    metrics: {
      parameters: network.parameters,
      steps: trained.steps.length,
      loss: finalLoss(trained.steps, 'loss'),
      contrastive_loss: finalLoss(trained.steps, 'contrastive'),
      ...(captionWeight === 0 ? {} : { caption_loss: finalLoss(trained.steps, 'caption') }),
      ...(best &&
        validation && { best_step: best.step, [`validation_${validation.metric}`]: Number(best.value.toFixed(2)) }),
    },
    summary: `${(trained.steps.length * batchSize).toLocaleString('en')} pairs of ${samples.toLocaleString('en')} samples, loss ${finalLoss(trained.steps, 'loss').toFixed(2)}`,
    exhibits: [
      lossCurves(trained.steps, { batchSize, title: 'Losses' }),
      ...validationCurves(trained.steps, { batchSize, metric: validation?.metric }),
    ],
  }
}

/** The configuration of the architecture that a phase initialises; undefined where its model comes with weights. */
export const configOf = ({ model }: StageContext<'train'>['params']): ModelConfig | undefined =>
  'vocab_size' in model ? mammutConfig(model) : undefined

/** The steps of a phase. */
export const steps: ListSteps<'train'> = async ({ params, settings, config }) => {
  const network = networkOf(config)
  const { caption_weight: captionWeight } = params
  return trainingSteps({
    network,
    objective: objective({ config: computedOf(config, { settings }), captionWeight }),
    optimizer: updateOf(params, params.freeze),
    contrast: params.contrastive,
    batchSize: params.batch_size,
    ...splitOf({ settings }),
    rows: count => pairTypes(network, count),
    means: captionWeight === 0 ? [] : ['caption'],
  })
}
