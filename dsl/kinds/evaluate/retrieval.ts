/** Evaluation `retrieval`: zero-shot image-text retrieval. */
import { estimateEmbedding } from '../../cost/estimates.ts'
import type { DatasetRef, ModelRef } from '../../recipe/scalars.ts'
import type { TieRule } from '../../recipe/ties.ts'
import { metricsIn } from '../definition.ts'
import type { FilledRetrievalEvaluation } from '../filled.ts'
import { defineEvaluation } from './define.ts'

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

/**
 * `none` leaves captions as they are, `clip` strips them, makes one space of each white space and lower-cases, as
 * OpenCLIP's tokenizer does, `remoteclip` makes the first letter upper and all others lower case.
 * @source Liu et al., arXiv 2306.11029: github.com/ChenDelong1999/RemoteCLIP, remoteclip_retrieval.py
 */
export type CaptionCleaning = 'none' | 'clip' | 'remoteclip'

/** It reads captions and images of one split. */
export const retrieval = defineEvaluation({
  kind: 'retrieval',
  version: 4,
  spec: ({ kind: _, model: __, data: ___, ...rest }: FilledRetrievalEvaluation, { model, data }) => ({
    params: rest,
    inputs: { model, data },
  }),
  estimate: cost => estimateEmbedding(cost),
  dataNeeds: ({ data }) => [{ at: ['data'], dataset: data, annotation: 'captions' }],
  metrics: () => [
    ...metricsIn('percent', ['i2t_r1', 'i2t_r5', 'i2t_r10', 't2i_r1', 't2i_r5', 't2i_r10', 'mean_recall']),
    ...metricsIn('percent', ['chance_mean_recall']),
    ...metricsIn('times chance', ['i2t_r1_times_chance', 't2i_r1_times_chance', 'mean_recall_times_chance']),
  ],
})
