/** Parameters that model stages share. */

import { type FilterName, filterNames } from '../data/resample.ts'
import type { ConceptQuery } from '../distill/heatmaps.ts'
import type { SlidingWindow } from '../distill/sao.ts'
import { chooseEngine, type Engine } from '../engine/mod.ts'
import type { ComputedMammut, MammutConfig } from '../model/config.ts'
import type { ChosenWeights } from '../model/model_folder.ts'
import type { ModelConfig } from '../model/network.ts'
import type { Augmentation } from '../train/augment.ts'
import type { CheckpointOptions } from '../train/checkpoint_manager.ts'
import type { DecayShape, LearningRateSchedule } from '../train/learning_rate.ts'
import type { Contrast } from '../train/losses.ts'
import type { BatchSplit } from '../train/stepper_types.ts'
import type { UpdateSpec } from '../train/update.ts'
import {
  type Params,
  readBoolean,
  readNumber,
  readOptionalNumber,
  readOptionalText,
  readParams,
  readRecords,
  readText,
  readTexts,
} from './params.ts'
import { engineNameOf, type StageContext } from './stage.ts'

/** An architecture. An MLP of which nothing is said is four times as wide as its tower, as in the paper's ViTs. */
export function readModelConfig(params: Params): MammutConfig {
  const [vision, text] = [readParams(params, 'vision'), readParams(params, 'text')]
  const tower = (of: Params) => ({
    width: readNumber(of, 'width'),
    layers: readNumber(of, 'layers'),
    heads: readNumber(of, 'heads'),
    ...(of.mlp !== undefined && of.mlp !== null && { mlp: readNumber(of, 'mlp') }),
  })
  return {
    imageSize: readNumber(params, 'image_size'),
    patchSize: readNumber(params, 'patch_size'),
    vision: tower(vision),
    text: {
      ...tower(text),
      contextLength: readNumber(text, 'context_length'),
      crossAttnEvery: readNumber(text, 'cross_attn_every'),
      vocabSize: readNumber(params, 'vocab_size'),
    },
    embedDim: readNumber(params, 'embed_dim'),
    mlpRatio: 4,
  }
}

/** How the weights of a training stage change; what a phase freezes goes before the groups of its optimiser. */
export function readOptimizer(params: Params): UpdateSpec {
  const optimizer = readParams(params, 'optimizer')
  const frozen = readTexts(params, 'freeze').map(prefix => ({ prefix, rateScale: 0, decayScale: 1 }))
  return {
    beta1: readNumber(optimizer, 'beta1'),
    beta2: readNumber(optimizer, 'beta2'),
    weightDecay: readNumber(optimizer, 'weight_decay'),
    clipNorm: readNumber(optimizer, 'clip_norm'),
    groups: [
      ...frozen,
      ...readRecords(optimizer, 'groups').map(group => ({
        prefix: readText(group, 'parameters'),
        rateScale: readNumber(group, 'learning_rate_scale'),
        decayScale: readNumber(group, 'weight_decay_scale'),
      })),
    ],
    layerDecay: readOptionalNumber(optimizer, 'layer_decay'),
    ema: readOptionalNumber(params, 'ema'),
  }
}

/** The learning rates of a training stage of so many steps. */
export const readSchedule = (params: Params, steps: number): LearningRateSchedule => ({
  peak: readNumber(params, 'learning_rate'),
  warmUp: readNumber(params, 'warm_up'),
  steps,
  ...(params.schedule !== undefined && { shape: readShape(readParams(params, 'schedule')) }),
})

function readShape(params: Params): DecayShape {
  const kind = readText(params, 'kind')
  switch (kind) {
    case 'constant':
      return { kind }
    case 'cosine':
    case 'linear':
      return { kind, floor: readNumber(params, 'floor') }
    case 'cooldown': {
      const shape = readText(params, 'shape') === 'linear' ? 'linear' : '1-sqrt'
      return { kind, shape, share: readNumber(params, 'share'), floor: readNumber(params, 'floor') }
    }
    default:
      throw new Error(`There is no schedule '${kind}'; compile the recipe again`)
  }
}

/** How a training stage contrasts embeddings; undefined where the recipe leaves it open. */
export function readContrast(params: Params): Contrast | undefined {
  if (params.contrastive === undefined) return undefined
  const contrastive = readParams(params, 'contrastive')
  const kind = readText(contrastive, 'kind')
  if (kind === 'softmax') return { kind }
  if (kind === 'focal') return { kind, gamma: readNumber(contrastive, 'gamma') }
  throw new Error(`There is no contrastive loss '${kind}'; compile the recipe again`)
}

/** Which weights a stage reads of a trained model. */
export function readChosenWeights(params: Params): ChosenWeights | undefined {
  const chosen = readOptionalText(params, 'weights')
  if (chosen === undefined || chosen === 'average' || chosen === 'last') return chosen
  throw new Error(`There are no weights '${chosen}' of a model; use 'average' or 'last'`)
}

export const readAugmentation = (params: Params): Augmentation => ({
  crop: readNumber(params, 'crop'),
  aspect: readNumber(params, 'aspect'),
  filter: readFilter(params),
  dihedral: readBoolean(params, 'dihedral'),
  colour: readNumber(params, 'colour'),
})

function readFilter(params: Params): FilterName {
  const wanted = readText(params, 'filter')
  const found = filterNames.find(name => name === wanted)
  if (found === undefined) throw new Error(`There is no filter '${wanted}'; use one of ${filterNames.join(', ')}`)
  return found
}

/** The engine that the run asks for, with as many threads as the recipe pins, or one for each core. */
export const engineOf = (context: StageContext): Promise<Engine> =>
  chooseEngine(engineNameOf(context), readOptionalNumber(context.settings, 'threads'))

/** Where a training stage leaves its checkpoints, how often, and how many of them. */
export const readCheckpointing = ({ settings, checkpoints, report }: StageContext): CheckpointOptions => ({
  folder: checkpoints,
  every: readNumber(settings, 'checkpoint_every'),
  keep: readNumber(settings, 'keep_checkpoints'),
  log: report.log,
  warn: report.warn,
})

/** Bytes of decoded images that a loader may hold. */
export const readCacheBytes = ({ settings }: Pick<StageContext, 'settings'>): number =>
  readNumber(settings, 'image_cache')

/** A model, and whether it is computed again for gradients. */
export const readComputed = <Config extends ModelConfig>(
  config: Config,
  { settings }: Pick<StageContext, 'settings'>,
): Config & Pick<ComputedMammut, 'recompute'> => ({
  ...config,
  recompute: readBoolean(settings, 'recompute'),
})

/** Over how many slots, and in which parts, a batch is computed. */
export const readSplitting = ({ settings }: Pick<StageContext, 'settings'>): BatchSplit => ({
  slots: readNumber(settings, 'slots'),
  microBatch: readOptionalNumber(settings, 'micro_batch'),
})

/** A concept to localise, with its name. */
export interface NamedQuery extends ConceptQuery {
  readonly name: string
}

/** The concepts of a stage, in the order of the recipe. */
export function readQueries(params: Params): readonly NamedQuery[] {
  const queries = readParams(params, 'queries')
  return Object.keys(queries).map(name => {
    const query = readParams(queries, name)
    return { name, prompts: readTexts(query, 'prompts'), against: readTexts(query, 'against') }
  })
}

export const readWindow = (params: Params): SlidingWindow => ({
  window: readNumber(params, 'window'),
  stride: readNumber(params, 'stride'),
})
