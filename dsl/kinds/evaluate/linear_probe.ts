/** Evaluation `linear-probe`: a linear classifier on frozen image features. */
import type { DatasetRef, ModelRef, Share } from '../../recipe/scalars.ts'
import type { TieRule } from '../../recipe/ties.ts'
import { metricsIn } from '../definition.ts'
import type { FilledLinearProbeEvaluation } from '../filled.ts'
import { defineEvaluation } from './define.ts'
import { imagesOf } from './embeddings.ts'
import { accuracyMetrics } from './metrics.ts'

/**
 * Linear probe: a linear classifier on frozen image features, learnt from labelled images; top-1, top-5, mean per-class
 * recall on others.
 * @source Radford et al., arXiv 2103.00020: linear-probe evaluation
 */
export interface LinearProbeEvaluation {
  kind: 'linear-probe'
  /** The trained model that is measured. */
  model: ModelRef
  /**
   * Weights of the model: the average that `ema` of its training made, or those of its last step. Without `ema` both
   * are the same. Absent: the average.
   */
  weights?: 'average' | 'last'
  /** Labelled images that the classifier learns from: a training split. @examples ["places.train"] */
  train: DatasetRef
  /** Labelled images to measure on: a test split. @examples ["places.test"] */
  data: DatasetRef
  /** Image features: `pooled` before the projection into the space of texts, or unit `embeddings` after it. @default "pooled" */
  features?: 'pooled' | 'embeddings'
  /** Share of each class of the training images on which the penalty is chosen. @default 0.2 */
  validation?: Share
  /** Counting of classes that score equally. @default "expected" */
  ties?: TieRule
}

/** The seed draws the validation part of the training images. */
export const linearProbe = defineEvaluation({
  kind: 'linear-probe',
  version: 2,
  embeds: ({ weights, train }: FilledLinearProbeEvaluation, { model, data, training, cost }) => ({
    images: imagesOf({ model, data, weights, cost }),
    trainImages: imagesOf({ model, data: training(train), weights, cost }),
  }),
  spec: (
    { features, validation, ties, train }: FilledLinearProbeEvaluation,
    { data, training, seed },
    { images, trainImages },
  ) => ({
    params: { features, validation, ties, seed },
    inputs: { data, train: training(train), images, trainImages },
  }),
  learnsFrom: ({ train }) => [{ at: ['train'], text: train }],
  check: ({ validation }) =>
    validation > 0 && validation < 1
      ? []
      : [
          {
            code: 'out-of-range',
            at: ['validation'],
            message: `'validation' is ${validation}, which leaves nothing to ${validation === 0 ? 'choose the penalty on' : 'learn from'}`,
            fix: { hint: 'write a share between 0 and 1, such as 0.2' },
          },
        ],
  dataNeeds: ({ train, data }) => [
    { at: ['train'], dataset: train, annotation: 'labels' },
    { at: ['data'], dataset: data, annotation: 'labels' },
  ],
  metrics: () => [
    ...accuracyMetrics,
    ...metricsIn('number', ['penalty']),
    ...metricsIn('percent', ['validation_top1']),
  ],
})
