/** Section `distill`: rounds of pseudo-labels and training on them. */

import { estimateMapping, estimateTraining } from '../../cost/estimates.ts'
import type { Count, DatasetRef, ModelRef, Name, Share } from '../../recipe/scalars.ts'
import type { AdamW, Computing, Contrastive, Query, Sao, Schedule } from '../../recipe/training.ts'
import { type DistillExpanding, metricsIn, type TrainingDefinition } from '../definition.ts'
import { draft, input } from '../draft.ts'
import { queryTexts } from '../evaluate/queries.ts'
import { checkWindow } from '../evaluate/window.ts'
import type { FilledDistill } from '../filled.ts'
import { defineStage, modelNeeds, trainingNeeds } from '../stage.ts'
import { checkBudget, checkCooldown, checkSlots, splitSettings } from '../train/computing.ts'

/**
 * Rounds of pseudo-labels and training.
 * @source Barzilai et al., arXiv 2503.08722: localisation by self-distillation
 */
export interface Distill extends Computing {
  /** The model that the first round starts from. */
  model: ModelRef
  /** Images that are pseudo-labelled. */
  data: DatasetRef
  /** Concepts to localise: text queries of each, and texts that they are contrasted with. */
  queries: Record<Name, Query>
  /** Smoothing of score maps. @default {} */
  sao?: Sao
  /** Rounds, each of pseudo-labels and then training. @default 2 @minimum 1 @maximum 20 @asType integer */
  rounds?: number
  /** Pairs seen in each round. */
  samples: Count
  /** Peak learning rate of each round. @exclusiveMinimum 0 @examples [0.0003] */
  learning_rate: number
  /** The learning rate of each round after warm-up. Absent: a cosine to a tenth of the peak. */
  schedule?: Schedule
  /** Images a step. @default 64 @minimum 2 @asType integer @unit images */
  batch_size?: number
  /**
   * Weight of the region loss (binary cross-entropy of patches against pseudo-labels) beside the image losses.
   * This project's reading: the paper leaves the region loss open. @default 1 @minimum 0
   */
  region_weight?: number
  /**
   * Patches whose score lies this near the decision threshold, as a share of the score's standard deviation, are left
   * out of the loss. This project's reading. @default 0.25 @minimum 0
   */
  margin?: number
  /** Weight of the captioning loss beside the contrastive and the region loss. @default 1 @minimum 0 */
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
  /** Share of the steps of a round spent warming up. @default 0.1 */
  warm_up?: Share
  /**
   * Strength of brightness, contrast and saturation jitter. Images are neither cropped nor turned, so that
   * pseudo-labels keep their places. @default 0.2
   */
  colour?: Share
}

const roundOf = (name: string, round: number): string => `${name}.${round}`
const labelsOf = (name: string, round: number): string => `${roundOf(name, round)}.labels`

/** The model that a round starts from: that of the round before, or the one that the entry names. */
const startOf = (name: string, round: number, { model }: DistillExpanding) =>
  round === 1 ? model : input(roundOf(name, round - 1))

const labelling = defineStage({
  kind: 'pseudo-label',
  version: 2,
  needs: modelNeeds,
  spec: (name: string, round: number, distill: FilledDistill, expanding: DistillExpanding) => ({
    params: {
      queries: distill.queries,
      sao: distill.sao,
      margin: distill.margin,
      batch_size: distill.batch_size,
    },
    inputs: { model: startOf(name, round, expanding), data: expanding.data },
  }),
  estimate: (_name, _round, { batch_size: batch, queries, sao }, { cost }) =>
    cost && estimateMapping(cost, { batch, queries, sao }),
})

const training = defineStage({
  kind: 'region-train',
  version: 6,
  needs: trainingNeeds,
  makes: 'model',
  spec(name: string, round: number, distill: FilledDistill, expanding: DistillExpanding) {
    const { rest: described, settings } = splitSettings(distill)
    const { model: _, queries, sao: __, rounds: ___, margin: ____, data: _____, ...rest } = described
    return {
      params: { ...rest, queries, seed: expanding.seed },
      settings,
      inputs: {
        init: startOf(name, round, expanding),
        labels: input(labelsOf(name, round)),
        data: expanding.data,
      },
    }
  },
  estimate: (_name, _round, distill, { cost }) => cost && estimateTraining(cost, distill, distill.samples),
})

/** Two stages for each round: pseudo-labels by the model of the round before, then training on them. */
export const distill = {
  stages: [labelling, training],
  needs: ['maps'],
  references: ({ data }) => [{ at: ['data'], text: data }],
  prompts: ({ queries }) => queryTexts(queries),
  check: (entry, model) => [
    ...checkBudget(entry, []),
    ...checkCooldown(entry, []),
    ...checkSlots(entry),
    ...checkWindow(entry.sao, model),
  ],
  metrics: (name, { rounds, queries }) =>
    Array.from({ length: rounds }, (_, index) => index + 1).flatMap(round => [
      {
        stage: labelsOf(name, round),
        kind: labelling.kind,
        metrics: metricsIn(
          'percent',
          Object.keys(queries).flatMap(concept => [`positive_${concept}`, `taught_${concept}`]),
        ),
      },
      {
        stage: roundOf(name, round),
        kind: training.kind,
        metrics: [
          ...metricsIn('count', ['steps']),
          ...metricsIn('nats', ['loss', 'contrastive_loss', 'caption_loss', 'region_loss']),
        ],
      },
    ]),
  expand(name, entry, expanding) {
    const path = ['distill', name]
    return Array.from({ length: entry.rounds }, (_, index) => index + 1).flatMap(round => [
      draft(labelling, { id: labelsOf(name, round), path }, name, round, entry, expanding),
      draft(training, { id: roundOf(name, round), path }, name, round, entry, expanding),
    ])
  },
} as const satisfies TrainingDefinition<FilledDistill, DistillExpanding>
