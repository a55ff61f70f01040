/**
 * The types of a recipe: the one source of truth of the language.
 *
 * The JSON Schema, the validator, the reference page and the builders of `dsl/mod.ts` all come from
 * this file. Every field says its meaning, unit, default and range.
 */

/**
 * A whole number, or one with a suffix: `4000`, `4k`, `1.5M`.
 * @pattern ^([0-9]+|[0-9]+(\.[0-9]{1,3})?k|[0-9]+(\.[0-9]{1,6})?M|[0-9]+(\.[0-9]{1,9})?G)$ @minimum 0 @multipleOf 1
 */
export type Count = number | `${number}${'' | 'k' | 'M' | 'G'}`

/** A length on the ground: `800km`, `120m`. @pattern ^[0-9]+(\.[0-9]+)?(km|m)$ */
export type Distance = `${number}${'km' | 'm'}`

/** A share between 0 and 1. @minimum 0 @maximum 1 */
export type Share = number

/** A name that other entries use. @pattern ^[a-z][a-z0-9_-]*$ */
export type Name = string

/**
 * A dataset: the name of a source or of a filter, with an optional split: `landmarks`, `landmarks.train`.
 * @pattern ^[a-z][a-z0-9_-]*(\.(train|val|test))?$
 */
export type DatasetRef = string

/**
 * A trained model: the name of an entry of `train` (its last phase) or `distill` (its last round), or one
 * phase or round of it: `pretrain`, `pretrain.web`, `localise.1`.
 * @pattern ^[a-z][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)?$
 */
export type ModelRef = string

/** A path relative to the recipe file. */
export type Path = string

/** What a recipe file holds. */
export interface Recipe {
  /** The recipe's name; results and reports are filed under it. */
  name: Name
  /** One line for people. @default "" */
  description?: string
  /** A base recipe to merge over (RFC 7396 merge patch: `null` removes a key). */
  extends?: Path
  /**
   * Seed of every random choice: data order, initial weights, captions.
   * @default 0 @minimum 0 @asType integer
   */
  seed?: number
  /** What computes: see `terroir doctor`. @default "auto" */
  engine?: EngineName
  /** Values that `${params.NAME}` inserts and `--set params.NAME=...` changes. @default {} */
  params?: Record<string, string | number | boolean>
  /** Ablation axes: every combination of the values of these parameters becomes a variant. @default {} */
  matrix?: Record<string, (string | number | boolean)[]>
  /** What a run may touch beyond the project folder; nothing when absent. @default {} */
  permissions?: Permissions
  /** Where samples come from. */
  sources: Record<Name, Source>
  /** What keeps or drops samples. @default {} */
  filters?: Record<Name, Filter>
  /** Architectures. @default {} */
  models?: Record<Name, Model>
  /** Training runs. @default {} */
  train?: Record<Name, Train>
  /** Self-distillation of localisation, in rounds. @default {} */
  distill?: Record<Name, Distill>
  /** What is measured. @default {} */
  evaluate?: Record<Name, Evaluation>
  /** What the measures are expected to be. @default {} */
  claims?: Record<Name, Claim>
}

/** Tensor engines. */
export type EngineName = 'auto' | 'cpu' | 'webgpu' | 'cuda' | 'native'

/** Deny by default: each entry needs the matching `--allow-*` flag. */
export interface Permissions {
  /** Hosts, as `host` or `host:port`. @default [] */
  net?: string[]
  /** Environment variables. @default [] */
  env?: string[]
  /** Programs. @default [] */
  run?: string[]
  /** Paths outside the project. @default [] */
  read?: string[]
}

/** A source of samples. @discriminator kind */
export type Source = LandmarkSource | CrawlSource | FolderSource

/** Satellite tiles around map landmarks, captioned from what lies inside the footprint (paper: RS-Landmarks). */
export interface LandmarkSource {
  kind: 'landmarks'
  /** GeoJSON points with `name`, `kind` and `extent_km`. */
  table: Path
  /** Imagery to cut tiles from. `blue-marble` ships with the project's dependencies. */
  imagery: 'blue-marble'
  /** Adds countries' names to captions. @default true */
  countries?: boolean
  /** Adds cities of at least this many people as landmarks and to captions; absent: none. */
  cities_above?: Count
  /** Ground widths of tiles. At least one. @minItems 1 */
  ground_sizes: Distance[]
  /** Tiles of each landmark, spread over the ground sizes with jittered centres. @default 4 @minimum 1 @asType integer */
  tiles_per_landmark?: number
  /** Side of a stored tile in pixels. @default 80 @minimum 16 @maximum 1024 @asType integer */
  tile_size?: number
  /** How landmarks are assigned to splits; tiles never cross. @default {} */
  split?: LandmarkSplit
  /** Who writes the captions. */
  captions: Captioner
}

/** Splits by landmark: all tiles of one landmark land in one split. */
export interface LandmarkSplit {
  /** Share of landmarks for validation. @default 0.05 */
  val?: Share
  /** Share of landmarks held out for tests. @default 0.15 */
  test?: Share
  /**
   * Training and validation tiles whose centre is nearer than this to a held-out landmark are dropped.
   * @default "0km"
   */
  buffer?: Distance
  /** Landmark kinds held out entirely (paper: the hold-out of landmark categories). @default [] */
  hold_out_kinds?: string[]
}

/** Who writes captions. Other captioners join here behind the same interface. */
export type Captioner = GrammarCaptioner

/** Captions from measured facts and landmark names by a seeded grammar. */
export interface GrammarCaptioner {
  kind: 'grammar'
  /** Captions of each image. @default 3 @minimum 1 @maximum 8 @asType integer */
  per_image?: number
}

/** A small crawl-like set of images with alt text: true overhead views among usual false positives. */
export interface CrawlSource {
  kind: 'crawl'
  /** Imagery the true views are cut from. */
  imagery: 'blue-marble'
  /** Samples to make. @default 2000 */
  samples?: Count
  /** Share of true overhead views. @default 0.5 */
  overhead?: Share
  /** Share of the true views whose alt text describes another image. @default 0.1 */
  wrong_text?: Share
  /** Side of a stored image in pixels. @default 80 @minimum 16 @maximum 1024 @asType integer */
  tile_size?: number
  /** Landmark table that honest alt texts take names from. */
  table: Path
}

/** Images of one's own: a folder with `captions.csv`, `captions.jsonl` (`image`, `caption` columns), or a sub-folder a class. */
export interface FolderSource {
  kind: 'folder'
  /** The folder. */
  path: Path
  /** File of captions inside the folder; absent: sub-folders are classes and captions come from class names. */
  captions?: string
  /** Side of a stored image in pixels; the shorter side is scaled and the centre is cut. @default 80 @minimum 16 @maximum 1024 @asType integer */
  tile_size?: number
  /** Shares held out, by image file. @default {} */
  split?: FolderSplit
  /** Unreadable images that are skipped, with a warning, before the stage fails. @default 0 */
  max_corrupt?: Count
}

/** Splits by image file. */
export interface FolderSplit {
  /** Share for validation. @default 0 */
  val?: Share
  /** Share held out. @default 0.2 */
  test?: Share
}

/** A step that keeps or drops samples. @discriminator kind */
export type Filter = RulesFilter | ClassifierFilter | DedupFilter | DecontaminateFilter

/** Cheap rules on text and image. */
export interface RulesFilter {
  kind: 'rules'
  /** What is filtered. */
  from: DatasetRef
  /** Fewest words of an alt text. @default 2 @minimum 0 @asType integer */
  min_words?: number
  /** Most words of an alt text. @default 60 @minimum 1 @asType integer */
  max_words?: number
  /** Words that drop a sample wherever they stand in its text. @default [] */
  blocked_words?: string[]
  /** Shortest image side in pixels. @default 32 @minimum 1 @asType integer */
  min_side?: number
  /** Largest ratio of long to short side. @default 3 @minimum 1 */
  max_aspect?: number
  /** Smallest standard deviation of grey values (0 to 255): drops blank images. @default 4 @minimum 0 */
  min_contrast?: number
}

/** Overhead-imagery classifier on image and text, trained inside the recipe on a small labelled part (paper: RS-WebLI). */
export interface ClassifierFilter {
  kind: 'classifier'
  from: DatasetRef
  /** Samples whose human label is shown to the classifier; the rest is only measured. @default 300 */
  labelled?: Count
  /** Probability from which a sample is kept. @default 0.5 */
  threshold?: Share
}

/** Drops all but the first of perceptually equal images. */
export interface DedupFilter {
  kind: 'dedup'
  from: DatasetRef
  /** Largest Hamming distance of 64-bit perceptual hashes that counts as equal. @default 4 @minimum 0 @maximum 32 @asType integer */
  distance?: number
}

/** Drops images that are perceptually equal to any image of the evaluation sets. */
export interface DecontaminateFilter {
  kind: 'decontaminate'
  from: DatasetRef
  /** Evaluation sets. @minItems 1 */
  against: DatasetRef[]
  /** Largest Hamming distance of 64-bit perceptual hashes that counts as equal. @default 6 @minimum 0 @maximum 32 @asType integer */
  distance?: number
}

/** An architecture. */
export type Model = MammutModel

/** MaMMUT (Kuo et al., arXiv 2303.16839): ViT image encoder and one text decoder used in two passes. */
export interface MammutModel {
  kind: 'mammut'
  /** Image side in pixels; a multiple of the patch size. @default 64 @minimum 8 @asType integer */
  image_size?: number
  /** Patch side in pixels. @default 8 @minimum 2 @asType integer */
  patch_size?: number
  /** Image encoder. */
  vision: Tower
  /** Text decoder. */
  text: TextTower
  /** Width of the shared embedding. @default 128 @minimum 4 @asType integer */
  embed_dim?: number
  /** Byte-level BPE trained on these captions. */
  tokenizer: TokenizerSpec
}

/** Transformer sizes. */
export interface Tower {
  /** Channels; a multiple of `heads`. @minimum 4 @asType integer */
  width: number
  /** Blocks. @minimum 1 @asType integer */
  layers: number
  /** Attention heads. @minimum 1 @asType integer */
  heads: number
}

/** The text decoder. */
export interface TextTower extends Tower {
  /** Most tokens of a caption, begin and end included. @default 32 @minimum 4 @asType integer */
  context_length?: number
  /** Every how many blocks one cross-attends to image tokens (MaMMUT §3). @default 2 @minimum 1 @asType integer */
  cross_attn_every?: number
}

/** A tokenizer trained in the recipe, written as a Hugging Face `tokenizer.json`. */
export interface TokenizerSpec {
  kind: 'bpe'
  /** Vocabulary size, special tokens included. @default 2048 @minimum 260 @asType integer */
  vocab_size?: number
  /** Datasets whose captions it learns from. @minItems 1 */
  from: DatasetRef[]
}

/** A training run: a curriculum of phases over one model. */
export interface Train {
  /** Architecture, from `models`. */
  model: Name
  /** Image-caption pairs a step. @default 64 @minimum 2 @asType integer */
  batch_size?: number
  /** Weight of the captioning loss beside the contrastive loss. @default 1 @minimum 0 */
  caption_weight?: number
  /** How weights change. @default {"kind":"adamw"} */
  optimizer?: AdamW
  /** Random changes of training images. @default {} */
  augment?: Augment
  /** The curriculum, in order; each phase starts from the weights of the one before. @minItems 1 */
  phases: Phase[]
}

/** AdamW with decoupled weight decay (Loshchilov and Hutter). */
export interface AdamW {
  kind: 'adamw'
  /** @default 0.9 */
  beta1?: Share
  /** @default 0.98 */
  beta2?: Share
  /** Decay of weights (not of biases, norms, embeddings of position or the logit scale). @default 0.05 @minimum 0 */
  weight_decay?: number
  /** Global gradient norm above which gradients are scaled down. @default 1 @exclusiveMinimum 0 */
  clip_norm?: number
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
  /** One dataset, or a mix: weights by dataset, scaled to sum to one. */
  data: DatasetRef | Record<DatasetRef, number>
  /** Pairs seen. */
  samples: Count
  /** Peak learning rate, reached after warm-up and followed by a cosine to a tenth. @exclusiveMinimum 0 */
  learning_rate: number
  /** Share of the steps spent warming up. @default 0.1 */
  warm_up?: Share
}

/** Rounds of pseudo-labels and training (paper: localisation by self-distillation). */
export interface Distill {
  /** Where the first round starts. */
  model: ModelRef
  /** Images that are pseudo-labelled. */
  data: DatasetRef
  /** Concepts to localise: text queries of each, and what they are told from. */
  queries: Record<Name, Query>
  /** How score maps are smoothed. @default {} */
  sao?: Sao
  /** Rounds. @default 2 @minimum 1 @maximum 20 @asType integer */
  rounds?: number
  /** Pairs seen in each round. */
  samples: Count
  /** Peak learning rate of each round. @exclusiveMinimum 0 */
  learning_rate: number
  /** Images a step. @default 64 @minimum 2 @asType integer */
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
  /** Texts whose embeddings are averaged. @minItems 1 */
  prompts: string[]
  /** Texts of what it is told from; a patch belongs to the concept where it scores higher than these. @minItems 1 */
  against: string[]
}

/** Smooth-Attention-Operation: attention pooling in a sliding window, overlapping windows averaged. */
export interface Sao {
  /** Side of the window in patches. This project's reading. @default 3 @minimum 1 @asType integer */
  window?: number
  /** Step of the window in patches. @default 1 @minimum 1 @asType integer */
  stride?: number
}

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
  /** `EVALUATION.METRIC` or `FILTER.METRIC`: `retrieval.mean_recall`, `overhead.f1`. @pattern ^[a-z][a-z0-9_-]*(\.[a-z0-9_@-]+)+$ */
  metric: string
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
