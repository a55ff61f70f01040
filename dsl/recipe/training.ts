/** Parts of entries that train and that localise. */
import type { Bytes, Count, DatasetRef, Duration, Name, Share } from './scalars.ts'

/** Settings of how training is computed. They change nothing of a result but its rounding, so none is part of a stage's key. */
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
   * Computes each transformer block again for its gradient, so that memory does not grow with depth, at the cost of a
   * second forward pass. @source Chen et al., arXiv 1604.06174 @default false
   */
  recompute?: boolean
  /**
   * Time between two checkpoints, from which a run that was stopped or killed continues. A request to stop makes one,
   * too. @default "2m"
   */
  checkpoint_every?: Duration
  /**
   * Number of checkpoints, the newest, that stay until the run has ended. If one is damaged, the one before is read.
   * @default 2 @minimum 1 @maximum 1000 @asType integer @unit checkpoints
   */
  keep_checkpoints?: number
  /**
   * Memory for decoded images, so that they are decoded once. Datasets that do not fit are decoded each time they are seen.
   * @default "1GiB"
   */
  image_cache?: Bytes
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
  /**
   * Multiplies the learning rate once for each layer above a parameter's: of n blocks of a tower the last learns at
   * layer_decay, the first at layer_decay^n, embeddings at layer_decay^(n + 1) times the rate, and parameters after the
   * blocks at the whole rate. It multiplies the scales of groups. Absent: all layers learn at the same rate.
   * @exclusiveMinimum 0 @maximum 1 @examples [0.75]
   * @source BEiT: Bao et al., arXiv 2106.08254; MAE: He et al., arXiv 2111.06377
   */
  layer_decay?: number
}

/**
 * Early stopping: every so many pairs the model, or its average where `ema` keeps one, is measured on held-out data.
 * The weights after the best of these steps become the model, from which a later phase starts. The learning rate
 * follows the schedule for all samples.
 */
export interface StopEarly {
  /**
   * The data of the measurement: a validation split that neither trains the model nor evaluates it. @examples ["places.val"]
   */
  data: DatasetRef
  /** A percentage of zero-shot retrieval, as `retrieval` measures it. @default "mean_recall" */
  metric?: 'i2t_r1' | 'i2t_r5' | 'i2t_r10' | 't2i_r1' | 't2i_r5' | 't2i_r10' | 'mean_recall'
  /** Pairs seen between two measurements, rounded to whole steps. @examples ["10k"] */
  every: Count
  /** Measurements in a row without a new best after which the phase ends. @default 3 @minimum 1 @asType integer */
  patience?: number
}

/** The learning rate after warm-up. @discriminator kind */
export type Schedule = CosineSchedule | LinearSchedule | ConstantSchedule | CooldownSchedule

/** Half a cosine. @source Loshchilov and Hutter, arXiv 1608.03983, without restarts */
export interface CosineSchedule {
  kind: 'cosine'
  /** Share of the peak that the last step learns at. @default 0.1 */
  floor?: Share
}

/** A straight line. */
export interface LinearSchedule {
  kind: 'linear'
  /** Share of the peak that the last step learns at. @default 0 */
  floor?: Share
}

/** The peak rate to the end. */
export interface ConstantSchedule {
  kind: 'constant'
}

/**
 * The peak rate, then a fall over the last steps: a longer training repeats only the fall.
 * @source WSD: Hu et al., arXiv 2404.06395; the fall by 1 - sqrt: Hägele et al., arXiv 2405.18392
 */
export interface CooldownSchedule {
  kind: 'cooldown'
  /** Share of all steps over which the rate falls; with `warm_up` at most 1. @default 0.2 */
  share?: Share
  /** By a straight line, or by one minus the root of the share of the fall that is done. @default "1-sqrt" */
  shape?: 'linear' | '1-sqrt'
  /** Share of the peak that the last step learns at. @default 0 */
  floor?: Share
}

/** The contrastive loss. @discriminator kind */
export type Contrastive = SoftmaxContrastive | FocalContrastive

/** Cross-entropy of each image over all texts of the batch, and of each text over all images. @source CLIP; MaMMUT §3 */
export interface SoftmaxContrastive {
  kind: 'softmax'
}

/**
 * Each pair of an image and a text of a batch of b is classified by itself as belonging together or not, and pairs that
 * are classified surely count little: -1/b times the sum over all b x b pairs of (1 - p)^gamma log p, with p =
 * sigmoid(similarity x scale) where image and text belong together and one minus that elsewhere.
 * @source Kim et al., RO-ViT, arXiv 2305.07011, which MaMMUT follows
 */
export interface FocalContrastive {
  kind: 'focal'
  /**
   * Exponent that lowers the weight of well-classified pairs; at 0 all pairs count alike. The default is that of focal
   * loss (Lin et al., arXiv 1708.02002); none is known from the papers on MaMMUT. @default 2 @minimum 0
   */
  gamma?: number
}

/** Parameters with settings of their own in the optimiser. */
export interface ParameterGroup {
  /**
   * The beginning of their names, as in the model's safetensors file. A group without parameters is an error of the stage.
   * @examples ["visual.", "text.resblocks.0."]
   */
  parameters: string
  /** Multiplies the phase's learning rate; 0 freezes them. @default 1 @minimum 0 */
  learning_rate_scale?: number
  /** Multiplies the optimiser's weight decay. @default 1 @minimum 0 */
  weight_decay_scale?: number
}

/** Augmentations after which an overhead view is still one. */
export interface Augment {
  /** Smallest share of the area a random crop keeps; 1 turns cropping off. @default 0.7 */
  crop?: Share
  /**
   * Largest ratio of a crop's longer side to its shorter; 1 cuts squares. @default 1 @minimum 1
   * @source torchvision's RandomResizedCrop has 4/3 @examples [1.333]
   */
  aspect?: number
  /** Filter by which a crop is scaled to the model's size. @default "bilinear" */
  filter?: 'bilinear' | 'bicubic' | 'lanczos3'
  /** Mirror and quarter turns at random. Off by default: captions speak of north and south. @default false */
  dihedral?: boolean
  /** Strength of brightness, contrast and saturation jitter. @default 0.2 */
  colour?: Share
}

/** One phase of a curriculum. */
export interface Phase {
  /** Name of the phase; `TRAIN.PHASE` refers to its model. */
  name: Name
  /** One dataset, or a mix: weights by dataset, scaled to sum to one; a weight of 0 leaves it out. @examples ["places.train", { "places.train": 3, "web": 1 }] */
  data: DatasetRef | Record<DatasetRef, number>
  /**
   * Multiplies the weight of each dataset by its number of samples to the power of 1 / temperature: at 1 every sample
   * is drawn with equal probability, larger values raise the share of small datasets, and in the limit weights alone
   * count. Sizes are those at run time. Absent: weights alone. @exclusiveMinimum 0 @examples [3.33]
   * @source Multilingual BERT and mT5: Xue et al., arXiv 2010.11934, where 1 / temperature is alpha
   */
  temperature?: number
  /** Pairs seen. */
  samples: Count
  /** Peak learning rate, reached after warm-up. @exclusiveMinimum 0 @examples [0.001] */
  learning_rate: number
  /** Share of the steps spent warming up. @default 0.1 */
  warm_up?: Share
  /** The learning rate after warm-up. Absent: a cosine to a tenth of the peak. */
  schedule?: Schedule
  /**
   * Beginnings of the names of parameters that do not change; they take precedence over the optimiser's groups. Absent:
   * none. A beginning that no name has is an error of the stage. @minItems 1 @examples [["visual."]]
   */
  freeze?: string[]
  /** Ends the phase once held-out data gets no better, and keeps its best weights. Absent: all samples are seen. */
  stop_early?: StopEarly
}

/** A concept to localise. */
export interface Query {
  /** Texts whose embeddings are averaged. @minItems 1 @examples [["a satellite image of water"]] */
  prompts: string[]
  /**
   * Texts that it is contrasted with; a patch belongs to the concept where it scores higher than these. @minItems 1
   * @examples [["a satellite image of land"]]
   */
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
