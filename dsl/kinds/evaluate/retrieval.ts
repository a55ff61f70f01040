/** Evaluation `retrieval`: zero-shot image-text retrieval. */
import type { CaptionCleaning } from '../../recipe/cleaning.ts'
import type { DatasetRef, ModelRef } from '../../recipe/scalars.ts'
import type { TieRule } from '../../recipe/ties.ts'
import { metricsIn } from '../definition.ts'
import type { FilledRetrievalEvaluation } from '../filled.ts'
import { defineEvaluation } from './define.ts'
import { captionsOf, imagesOf } from './embeddings.ts'

/**
 * Zero-shot image-text retrieval: R@1, R@5, R@10 both ways and their mean.
 * @source Barzilai et al., arXiv 2503.08722: zero-shot retrieval; protocol after RemoteCLIP
 */
export interface RetrievalEvaluation {
  kind: 'retrieval'
  /** The trained model that is measured. */
  model: ModelRef
  /**
   * Weights of the model: the average that `ema` of its training made, or those of its last step. Without `ema` both
   * are the same. Absent: the average.
   */
  weights?: 'average' | 'last'
  /** Images, captions and masks to measure on: a test split. @examples ["places.test"] */
  data: DatasetRef
  /** Cleaning of captions before they are tokenized. @default "none" */
  cleaning?: CaptionCleaning
  /** Counting of captions or images that score equally. @default "expected" */
  ties?: TieRule
}

/** It reads captions and images of one split. */
export const retrieval = defineEvaluation({
  kind: 'retrieval',
  version: 4,
  embeds: ({ weights, cleaning }: FilledRetrievalEvaluation, { model, data, cost }) => ({
    images: imagesOf({ model, data, weights, cost }),
    captions: captionsOf({ model, data, weights, cost, cleaning }),
  }),
  spec: ({ ties }: FilledRetrievalEvaluation, { data }, { images, captions }) => ({
    params: { ties },
    inputs: { data, images, captions },
  }),
  dataNeeds: ({ data }) => [{ at: ['data'], dataset: data, annotation: 'captions' }],
  metrics: () => [
    ...metricsIn('percent', ['i2t_r1', 'i2t_r5', 'i2t_r10', 't2i_r1', 't2i_r5', 't2i_r10', 'mean_recall']),
    ...metricsIn('percent', ['chance_mean_recall']),
    ...metricsIn('times chance', ['i2t_r1_times_chance', 't2i_r1_times_chance', 'mean_recall_times_chance']),
  ],
})
