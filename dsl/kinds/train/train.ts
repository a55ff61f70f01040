/** Section `train`: curricula of phases over one model. */

import { estimateTraining } from '../../cost/estimates.ts'
import type { Repeat, TrainingSeed } from '../../recipe/repeat.ts'
import type { Count, Name } from '../../recipe/scalars.ts'
import type { AdamW, Augment, Computing, Contrastive, Phase } from '../../recipe/training.ts'
import { metricsIn, type NamedEntry, type TrainingDefinition, type TrainingExpanding } from '../definition.ts'
import { draft, input } from '../draft.ts'
import type { FilledPhase, FilledTrain } from '../filled.ts'
import { defineStage, trainingNeeds } from '../stage.ts'
import { checkBudget, checkCooldown, checkSlots, splitSettings } from './computing.ts'

/**
 * A training run: a curriculum of phases over one model.
 * @source Barzilai et al., arXiv 2503.08722: WebLI, then RS-WebLI, then RS-Landmarks, then a mix
 */
export interface Train extends Computing {
  /** Architecture, from `models`. @examples ["small"] */
  model: Name
  /** Image-caption pairs a step. @default 64 @minimum 2 @asType integer @unit pairs */
  batch_size?: number
  /** Weight of the captioning loss beside the contrastive loss. @default 1 @minimum 0 @source MaMMUT §3 */
  caption_weight?: number
  /** The contrastive loss between images and texts. Absent: softmax. */
  contrastive?: Contrastive
  /** The optimiser of the weights. @default {"kind":"adamw"} */
  optimizer?: AdamW
  /**
   * Decay of the moving average of weights, which becomes the model: after step t its distance to the weights shrinks to
   * min(ema, (1 + t) / (10 + t)) of itself. The weights of the last step are kept beside it as `last.safetensors`; a later
   * phase or round starts from them, and an evaluation reads them with `weights: last`. Absent: no average.
   * @exclusiveMinimum 0 @exclusiveMaximum 1 @examples [0.999] @source Polyak averaging; the ramp after TensorFlow's ExponentialMovingAverage
   */
  ema?: number
  /** Random changes of training images. @default {} */
  augment?: Augment
  /**
   * Samples that are shuffled together: a dataset of at most so many is shuffled as a whole; a larger one by its shards,
   * and then within as many shards as hold so many, so that few are read at a time. @default "100k" @minimum 1
   */
  shuffle?: Count
  /** Seed of initial weights and of the order of the data. Absent: the recipe's seed. @examples [2] */
  seed?: TrainingSeed
  /** Repeats the run, and what is evaluated of it, once for each seed. Tables and claims have the mean over seeds. @examples [{ "seed": [1, 2, 3] }] */
  repeat?: Repeat
  /** The curriculum, in order; each phase starts from the weights of the one before. @minItems 1 */
  phases: Phase[]
}

const stage = defineStage({
  kind: 'train',
  version: 6,
  needs: trainingNeeds,
  makes: 'model',
  spec(name: string, train: FilledTrain, phase: FilledPhase, { seed, start, training, dataset }: TrainingExpanding) {
    const { rest: described, settings } = splitSettings(train)
    const { model: architecture, phases, seed: own, repeat: _repeat, ...shared } = described
    const { name: _, data, stop_early, ...rest } = phase
    const { model, inputs } = start(architecture)
    const mixed = mixOf(data)
    const total = mixed.reduce((sum, [, weight]) => sum + weight, 0)
    const before = phases[phases.findIndex(other => other.name === phase.name) - 1]
    const stopping = stop_early && { metric: stop_early.metric, every: stop_early.every, patience: stop_early.patience }
    return {
      params: {
        model,
        ...shared,
        data: mixed.map(([, weight], at) => ({ role: `data.${at}`, weight: weight / total })),
        ...rest,
        ...(stopping && { stop_early: stopping }),
        seed: own ?? seed,
      },
      settings,
      inputs: {
        ...inputs,
        ...(before && { init: input(phaseOf(name, before)) }),
        data: mixed.map(([reference]) => training(reference)),
        validation: stop_early && dataset(stop_early.data),
      },
    }
  },
  estimate: (_name, train, phase, { cost }) => cost && estimateTraining(cost, train, phase.samples),
})

const phaseOf = (name: string, phase: { readonly name: string }): string => `${name}.${phase.name}`

/** Datasets of a weight above 0 by name: the order in which a mix is written changes no key. */
function mixOf(data: FilledPhase['data']): readonly (readonly [string, number])[] {
  if (typeof data === 'string') return [[data, 1]]
  return Object.entries(data)
    .filter(([, weight]) => weight > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

/** The datasets of a phase, with the weight of each as it is written. */
export function phaseData({ data }: FilledPhase, index: number): readonly (NamedEntry & { readonly weight: number })[] {
  const at = ['phases', index, 'data']
  if (typeof data === 'string') return [{ at, text: data, weight: 1 }]
  return Object.entries(data).map(([text, weight]) => ({ at: [...at, text], text, isKey: true, weight }))
}

/** A stage for each phase; each starts from the one before. */
export const train = {
  stages: [stage],
  references: ({ phases }) =>
    phases.flatMap((phase, index) => [
      ...phaseData(phase, index),
      ...(phase.stop_early
        ? [{ at: ['phases', index, 'stop_early', 'data'], text: phase.stop_early.data, isMeasured: true }]
        : []),
    ]),
  check: entry => [
    ...entry.phases.flatMap((phase, index) => {
      const at = ['phases', index]
      return [
        ...checkBudget({ samples: phase.samples, batch_size: entry.batch_size }, at),
        ...checkCooldown(phase, at),
        ...checkMix(phase, at),
      ]
    }),
    ...checkSlots(entry),
    ...checkRepeat(entry),
  ],
  metrics: (name, { phases, caption_weight }) =>
    phases.map(phase => ({
      stage: phaseOf(name, phase),
      kind: stage.kind,
      metrics: [
        ...metricsIn('count', ['parameters', 'steps']),
        ...metricsIn('nats', ['loss', 'contrastive_loss', ...(caption_weight === 0 ? [] : ['caption_loss'])]),
        ...(phase.stop_early === undefined
          ? []
          : [...metricsIn('count', ['best_step']), ...metricsIn('percent', [`validation_${phase.stop_early.metric}`])]),
      ],
    })),
  expand: (name, entry, expanding) =>
    entry.phases.map((phase, index) =>
      draft(
        stage,
        { id: phaseOf(name, phase), path: ['train', name, 'phases', String(index)] },
        name,
        entry,
        phase,
        expanding,
      ),
    ),
} as const satisfies TrainingDefinition<FilledTrain>

function checkRepeat({ seed, repeat }: FilledTrain): ReturnType<typeof checkBudget> {
  if (repeat === undefined) return []
  if (seed !== undefined)
    return [
      {
        code: 'out-of-range',
        at: ['seed'],
        message: "'seed' has no effect beside 'repeat', which names the seeds",
        fix: { hint: "remove 'seed'" },
      } as const,
    ]
  return repeat.seed.flatMap((value, index) =>
    repeat.seed.indexOf(value) === index
      ? []
      : [
          {
            code: 'out-of-range',
            at: ['repeat', 'seed', index],
            message: `Seed ${value} is named twice; a run of it is the same run`,
            fix: { hint: 'write another seed' },
          } as const,
        ],
  )
}

function checkMix({ data }: FilledPhase, at: readonly (string | number)[]): ReturnType<typeof checkBudget> {
  if (typeof data === 'string') return []
  const weights = Object.entries(data)
  return [
    ...weights.flatMap(([name, weight]) =>
      weight < 0
        ? [
            {
              code: 'out-of-range',
              at: [...at, 'data', name],
              message: `The weight of '${name}' is ${weight}; it is at least 0`,
            } as const,
          ]
        : [],
    ),
    ...(weights.every(([, weight]) => weight === 0)
      ? [
          {
            code: 'out-of-range',
            at: [...at, 'data'],
            message: 'The mix holds nothing: give a dataset a weight above 0',
          } as const,
        ]
      : []),
  ]
}
