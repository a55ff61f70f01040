/** What is measured, and what the measures are expected to be. */
import type { DatasetRef, ModelRef, Name } from './scalars.ts'
import type { Query, Sao } from './train.ts'

/** A measurement. @discriminator kind */
export type Evaluation = RetrievalEvaluation | ClassificationEvaluation | LocalisationEvaluation

/** Zero-shot image-text retrieval: R@1, R@5, R@10 both ways and their mean. */
export interface RetrievalEvaluation {
  kind: 'retrieval'
  model: ModelRef
  data: DatasetRef
}

/** Zero-shot classification with prompt templates: top-1, top-5, mean per-class recall. */
export interface ClassificationEvaluation {
  kind: 'classification'
  model: ModelRef
  data: DatasetRef
  /** Prompt templates; `{}` stands for the class name. @minItems 1 */
  templates: string[]
  /** Classes with fewer images are left out, and listed. @default 1 @minimum 1 @asType integer */
  min_images?: number
}

/** Zero-shot localisation against masks: IoU of each class, mean IoU, pointing-game accuracy. */
export interface LocalisationEvaluation {
  kind: 'localisation'
  model: ModelRef
  data: DatasetRef
  /** Concepts, each with the mask of the same name. */
  queries: Record<Name, Query>
  /** How heatmaps are made: `attention` scores single patches, `sao` smooths. @default "sao" */
  map?: 'attention' | 'sao'
  /** How score maps are smoothed. @default {} */
  sao?: Sao
}

/** An expected metric, with its origin. One of `expect`, `at_least`, `at_most` is given. */
export interface Claim {
  /** `STAGE.METRIC`: `retrieval.mean_recall`, `overhead.f1`, `pretrain.mix.caption_loss`. @pattern ^[a-z][a-z0-9_-]*(\.[a-z0-9_@-]+)+$ */
  metric: string
  /**
   * Another metric, subtracted first: the claim is about the difference. `sao.mean_iou` over `attention.mean_iou`
   * says what smoothing adds. @pattern ^[a-z][a-z0-9_-]*(\.[a-z0-9_@-]+)+$
   */
  over?: string
  /** Expected value, within `tolerance`. */
  expect?: number
  /** Smallest acceptable value. */
  at_least?: number
  /** Largest acceptable value. */
  at_most?: number
  /** Accepted absolute difference from `expect`. @default 0 @minimum 0 */
  tolerance?: number
  /** Where the number comes from: a table of the paper, an earlier run. */
  origin: string
}
