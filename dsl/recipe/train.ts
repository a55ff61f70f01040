/** Training: curricula of phases, and rounds of self-distillation. */
import type { Count, DatasetRef, Duration, ModelRef, Name, Share } from './scalars.ts'

/** How training is computed. None of it changes more of a result than its rounding, so none is part of a stage's key. */
export interface Computing {
  /**
   * Devices of one machine that share each batch; on the CPU, groups of its threads. The contrastive loss remains that of
   * the whole batch, which must divide by it. @default 1 @minimum 1 @asType integer @unit slots
   */
  slots?: number
  /**
   * Pairs that a slot computes at a time, for batches that memory does not hold. The loss remains that of the whole batch,
   * as embeddings are computed twice. Absent: all of the slot's share at once.
   * @source GradCache: Gao et al., arXiv 2101.06983 @minimum 1 @asType integer @unit pairs
   */
  micro_batch?: number
  /**
   * Computes each transformer block again for its gradient, so that memory does not grow with depth, at the price of a
   * second pass forward. @source Chen et al., arXiv 1604.06174 @default false
   */
  recompute?: boolean
  /**
   * Time between two checkpoints, from which a run that was stopped or killed goes on. A request to stop makes one, too.
   * @default "2m"
   */
  checkpoint_every?: Duration
}

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
  /** How weights change. @default {"kind":"adamw"} */
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
  /** The curriculum, in order; each phase starts from the weights of the one before. @minItems 1 */
  phases: Phase[]
}

/** AdamW with decoupled weight decay (Loshchilov and Hutter). */
export interface AdamW {
  kind: 'adamw'
  /** Decay of the mean of gradients. @default 0.9 */
  beta1?: Share
  /** Decay of the mean of squared gradients. @default 0.98 */
  beta2?: Share
  /** Decay of weights (not of biases, norms, embeddings of position or the logit scale). @default 0.05 @minimum 0 */
  weight_decay?: number
  /** Global gradient norm above which gradients are scaled down. @default 1 @exclusiveMinimum 0 */
  clip_norm?: number
  /**
   * Parameters that learn at another rate or decay otherwise, or are frozen; the first group that a name falls into counts.
   * @default [] @examples [[{ "parameters": "visual.", "learning_rate_scale": 0.1 }]]
   */
  groups?: ParameterGroup[]
}

/** Parameters that an optimiser treats otherwise than the rest. */
export interface ParameterGroup {
  /**
   * What their names begin with, as in the model's safetensors file. A group without parameters is an error of the stage.
   * @examples ["visual.", "text.resblocks.0."]
   */
  parameters: string
  /** Multiplies the phase's learning rate; 0 freezes them. @default 1 @minimum 0 */
  learning_rate_scale?: number
  /** Multiplies the optimiser's weight decay. @default 1 @minimum 0 */
  weight_decay_scale?: number
}

/** Augmentations that keep an overhead view an overhead view. */
export interface Augment {
  /** Smallest share of the area a random crop keeps; 1 turns cropping off. @default 0.7 */
  crop?: Share
  /** Mirror and quarter turns at random. Off by default: captions speak of north and south. @default false */
  dihedral?: boolean
  /** Strength of brightness, contrast and saturation jitter. @default 0.2 */
  colour?: Share
}

/** One phase of a curriculum. */
export interface Phase {
  /** Name of the phase; `TRAIN.PHASE` refers to its model. */
  name: Name
  /** One dataset, or a mix: weights by dataset, scaled to sum to one. @examples ["places.train", { "places.train": 3, "web": 1 }] */
  data: DatasetRef | Record<DatasetRef, number>
  /** Pairs seen. */
  samples: Count
  /** Peak learning rate, reached after warm-up and followed by a cosine to a tenth. @exclusiveMinimum 0 @examples [0.001] */
  learning_rate: number
  /** Share of the steps spent warming up. @default 0.1 */
  warm_up?: Share
}

/**
 * Rounds of pseudo-labels and training.
 * @source Barzilai et al., arXiv 2503.08722: localisation by self-distillation
 */
export interface Distill extends Computing {
  /** Where the first round starts. */
  model: ModelRef
  /** Images that are pseudo-labelled. */
  data: DatasetRef
  /** Concepts to localise: text queries of each, and what they are told from. */
  queries: Record<Name, Query>
  /** How score maps are smoothed. @default {} */
  sao?: Sao
  /** Turns of pseudo-labels, then training. @default 2 @minimum 1 @maximum 20 @asType integer */
  rounds?: number
  /** Pairs seen in each round. */
  samples: Count
  /** Peak learning rate of each round. @exclusiveMinimum 0 @examples [0.0003] */
  learning_rate: number
  /** Images a step. @default 64 @minimum 2 @asType integer @unit images */
  batch_size?: number
  /**
   * Weight of the region loss (binary cross-entropy of patches against pseudo-labels) beside the image losses.
   * This project's reading: the paper leaves the region loss open. @default 1 @minimum 0
   */
  region_weight?: number
  /**
   * Patches whose score lies this near the decision threshold, as a share of the score's standard deviation,
   * teach nothing. This project's reading. @default 0.25 @minimum 0
   */
  margin?: number
  /** Weight of the captioning loss beside the contrastive and the region loss. @default 1 @minimum 0 */
  caption_weight?: number
  /** How weights change. @default {"kind":"adamw"} */
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
   * pseudo-labels stay where they belong. @default 0.2
   */
  colour?: Share
}

/** A concept to localise. */
export interface Query {
  /** Texts whose embeddings are averaged. @minItems 1 @examples [["a satellite image of water"]] */
  prompts: string[]
  /** Texts of what it is told from; a patch belongs to the concept where it scores higher than these. @minItems 1 @examples [["a satellite image of land"]] */
  against: string[]
}

/**
 * Smooth-Attention-Operation: attention pooling in a sliding window, overlapping windows averaged.
 * @source Barzilai et al., arXiv 2503.08722: SAO; window and stride are this project's reading
 */
export interface Sao {
  /** Side of the window. @default 3 @minimum 1 @asType integer @unit patches */
  window?: number
  /** Step of the window in patches. @default 1 @minimum 1 @asType integer */
  stride?: number
}
