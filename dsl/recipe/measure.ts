/** What is measured, and what the measures are expected to be. */
import type { DatasetRef, ModelRef, Name, Share } from './scalars.ts'
import type { TemplateSet } from './templates.ts'
import type { Query, Sao } from './train.ts'

/** A measurement. @discriminator kind */
export type Evaluation =
  | RetrievalEvaluation
  | ClassificationEvaluation
  | LinearProbeEvaluation
  | CaptioningEvaluation
  | LocalisationEvaluation

/**
 * Zero-shot image-text retrieval: R@1, R@5, R@10 both ways and their mean.
 * @source Barzilai et al., arXiv 2503.08722: zero-shot retrieval; protocol after RemoteCLIP
 */
export interface RetrievalEvaluation {
  kind: 'retrieval'
  /** The trained model that is measured. */
  model: ModelRef
  /**
   * Which weights of the model: the average that `ema` of its training made, or those of its last step. Without `ema` both
   * are the same. Absent: the average.
   */
  weights?: 'average' | 'last'
  /** Images, captions and masks to measure on: a test split. @examples ["places.test"] */
  data: DatasetRef
  /** What is done to captions before they are tokenized. @default "none" */
  cleaning?: CaptionCleaning
}

/**
 * `none` leaves captions as they stand, `clip` strips them, makes one space of each white space and lower-cases, as
 * OpenCLIP's tokenizer does, `remoteclip` makes the first letter upper and all others lower case.
 * @source Liu et al., arXiv 2306.11029: github.com/ChenDelong1999/RemoteCLIP, remoteclip_retrieval.py
 */
export type CaptionCleaning = 'none' | 'clip' | 'remoteclip'

/**
 * Zero-shot classification with prompt templates: top-1, top-5, mean per-class recall.
 * @source Barzilai et al., arXiv 2503.08722: zero-shot classification
 */
export interface ClassificationEvaluation {
  kind: 'classification'
  /** The trained model that is measured. */
  model: ModelRef
  /**
   * Which weights of the model: the average that `ema` of its training made, or those of its last step. Without `ema` both
   * are the same. Absent: the average.
   */
  weights?: 'average' | 'last'
  /** Images, captions and masks to measure on: a test split. @examples ["places.test"] */
  data: DatasetRef
  /**
   * Prompt templates, one's own or a published set by its name; `{}` stands for the class name.
   * @examples [["a satellite image of a {}"], "remote-sensing"]
   */
  templates: TemplateSet | TemplateList
  /**
   * What prompts call the classes: `labels` as they are labelled, `words` with the words of `AnnualCrop` or
   * `dense_residential` in lower case and apart, or words by label; labels that are not named stay as they are.
   * @default "labels" @examples [{ "AnnualCrop": "annual crop land", "SeaLake": "lake or sea" }]
   */
  class_names?: ClassNaming | Record<string, string>
  /** Classes with fewer images are left out, and listed. @default 1 @minimum 1 @asType integer @unit images */
  min_images?: number
}

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
   * Which weights of the model: the average that `ema` of its training made, or those of its last step. Without `ema` both
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
}

/** Captions written by the model, compared with those of the data: ROUGE-L. */
export interface CaptioningEvaluation {
  kind: 'captioning'
  /** The trained model that is measured. */
  model: ModelRef
  /**
   * Which weights of the model: the average that `ema` of its training made, or those of its last step. Without `ema` both
   * are the same. Absent: the average.
   */
  weights?: 'average' | 'last'
  /** Captioned images to measure on: a test split. @examples ["places.test"] */
  data: DatasetRef
  /** How each next token is chosen. @default { "kind": "greedy" } */
  decoding?: Decoding
}

/** The choice of next tokens. @discriminator kind */
export type Decoding = GreedyDecoding | NucleusDecoding

/** The likeliest token. */
export interface GreedyDecoding {
  kind: 'greedy'
}

/**
 * A token drawn from the likeliest that together have a probability of `top_p`, by the recipe's seed.
 * @source Holtzman et al., arXiv 1904.09751
 */
export interface NucleusDecoding {
  kind: 'nucleus'
  /** Probability of the nucleus. @default 0.9 @exclusiveMinimum 0 @maximum 1 */
  top_p?: number
  /** Divides logits: below 1 likely tokens become likelier. @default 1 @exclusiveMinimum 0 */
  temperature?: number
}

/** A rule that makes words of labels. */
export type ClassNaming = 'labels' | 'words'

/** Prompt templates of one's own. @minItems 1 */
export type TemplateList = string[]

/**
 * Zero-shot localisation against masks: IoU of each class, mean IoU, pointing-game accuracy.
 * @source Barzilai et al., arXiv 2503.08722: localisation with SAO
 */
export interface LocalisationEvaluation {
  kind: 'localisation'
  /** The trained model that is measured. */
  model: ModelRef
  /**
   * Which weights of the model: the average that `ema` of its training made, or those of its last step. Without `ema` both
   * are the same. Absent: the average.
   */
  weights?: 'average' | 'last'
  /** Images, captions and masks to measure on: a test split. @examples ["places.test"] */
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
  /** `STAGE.METRIC`: `retrieval.mean_recall`, `overhead.f1`, `pretrain.mix.caption_loss`. @examples ["retrieval.mean_recall"] @pattern ^[a-z][a-z0-9_-]*(\.[a-z0-9_@-]+)+$ */
  metric: string
  /**
   * Another metric, subtracted first: the claim is about the difference. `sao.mean_iou` over `attention.mean_iou`
   * says what smoothing adds. @examples ["attention.mean_iou"] @pattern ^[a-z][a-z0-9_-]*(\.[a-z0-9_@-]+)+$
   */
  over?: string
  /** Expected value, within `tolerance`. @examples [12.5] */
  expect?: number
  /** Smallest acceptable value. @examples [5] */
  at_least?: number
  /** Largest acceptable value. @examples [3.2] */
  at_most?: number
  /** Accepted absolute difference from `expect`. @default 0 @minimum 0 */
  tolerance?: number
  /** Where the number comes from: a table of the paper, an earlier run. @examples ["a first guess"] */
  origin: string
}
