// Generated from the schema by npm run build
/**
 * A recipe as later steps see it: defaults filled in, quantities in base units (metres, seconds, bytes). A field without
 * a default that may be left out is optional here, too.
 */

/** A filled `Permissions`. */
export type FilledPermissions = { readonly net: readonly string[]; readonly env: readonly string[]; readonly run: readonly string[]; readonly read: readonly string[] }

/** A filled `Resources`. */
export type FilledResources = { readonly elsewhere: boolean; readonly threads?: number; readonly slot_memory?: number }

/** A filled `Source`. */
export type FilledSource = FilledLandmarkSource | FilledCrawlSource | FilledFolderSource | FilledKarpathySource | FilledWebDatasetSource | FilledParquetSource

/** A filled `LandmarkSource`. */
export type FilledLandmarkSource = { readonly kind: "landmarks"; readonly table: string; readonly imagery: "blue-marble"; readonly countries: boolean; readonly cities_above?: number; readonly ground_sizes: readonly number[]; readonly tiles_per_landmark: number; readonly tile_size: number; readonly split: FilledLandmarkSplit; readonly captions: FilledGrammarCaptioner; readonly overhead?: boolean }

/** A filled `LandmarkSplit`. */
export type FilledLandmarkSplit = { readonly val?: number; readonly test: number; readonly buffer: number; readonly hold_out_kinds: readonly string[] }

/** A filled `GrammarCaptioner`. */
export type FilledGrammarCaptioner = { readonly kind: "grammar"; readonly per_image: number }

/** A filled `CrawlSource`. */
export type FilledCrawlSource = { readonly kind: "crawl"; readonly imagery: "blue-marble"; readonly samples: number; readonly overhead: number; readonly wrong_text: number; readonly tile_size: number; readonly table: string }

/** A filled `FolderSource`. */
export type FilledFolderSource = { readonly kind: "folder"; readonly path: string; readonly captions?: string | FilledCaptionTable; readonly images?: string; readonly tile_size: number; readonly resize: "nearest" | "linear" | "cubic" | "mitchell" | "lanczos2" | "lanczos3"; readonly bands?: readonly number[]; readonly scale?: readonly (number | readonly number[])[]; readonly split: FilledFolderSplit | "folders" | "column"; readonly class_names: { readonly [name: string]: string }; readonly overhead?: boolean; readonly max_corrupt: number; readonly parts: number }

/** A filled `CaptionTable`. */
export type FilledCaptionTable = { readonly file: string; readonly image: string; readonly caption: string; readonly label?: string; readonly split: string }

/** A filled `FolderSplit`. */
export type FilledFolderSplit = { readonly val: number; readonly test: number }

/** A filled `KarpathySource`. */
export type FilledKarpathySource = { readonly kind: "karpathy"; readonly json: string; readonly images: string; readonly tile_size?: number; readonly resize: "nearest" | "linear" | "cubic" | "mitchell" | "lanczos2" | "lanczos3"; readonly bands?: readonly number[]; readonly scale?: readonly (number | readonly number[])[]; readonly class_names: { readonly [name: string]: string }; readonly overhead?: boolean; readonly max_corrupt: number; readonly parts: number }

/** A filled `WebDatasetSource`. */
export type FilledWebDatasetSource = { readonly kind: "webdataset"; readonly shards: string | readonly string[]; readonly tile_size?: number; readonly resize: "nearest" | "linear" | "cubic" | "mitchell" | "lanczos2" | "lanczos3"; readonly bands?: readonly number[]; readonly scale?: readonly (number | readonly number[])[]; readonly split: FilledHeldOut; readonly class_names: { readonly [name: string]: string }; readonly overhead?: boolean; readonly max_corrupt: number; readonly parts: number }

/** A filled `HeldOut`. */
export type FilledHeldOut = { readonly val: number; readonly test: number }

/** A filled `ParquetSource`. */
export type FilledParquetSource = { readonly kind: "parquet"; readonly files: string | readonly string[]; readonly image: FilledParquetImage; readonly caption: string; readonly label?: string; readonly tile_size?: number; readonly resize: "nearest" | "linear" | "cubic" | "mitchell" | "lanczos2" | "lanczos3"; readonly bands?: readonly number[]; readonly scale?: readonly (number | readonly number[])[]; readonly split: FilledHeldOut | "column"; readonly class_names: { readonly [name: string]: string }; readonly overhead?: boolean; readonly max_corrupt: number; readonly parts: number }

/** A filled `ParquetImage`. */
export type FilledParquetImage = FilledImagesInTar | FilledImagesAsBytes | FilledImagesAsPaths

/** A filled `ImagesInTar`. */
export type FilledImagesInTar = { readonly kind: "tar" }

/** A filled `ImagesAsBytes`. */
export type FilledImagesAsBytes = { readonly kind: "bytes"; readonly column: string }

/** A filled `ImagesAsPaths`. */
export type FilledImagesAsPaths = { readonly kind: "paths"; readonly folder: string; readonly column: string }

/** A filled `Filter`. */
export type FilledFilter = FilledRulesFilter | FilledClassifierFilter | FilledDedupFilter | FilledDecontaminateFilter | FilledUnionFilter

/** A filled `RulesFilter`. */
export type FilledRulesFilter = { readonly kind: "rules"; readonly from: string; readonly min_words: number; readonly max_words: number; readonly blocked_words: readonly string[]; readonly min_side: number; readonly max_aspect: number; readonly min_contrast: number }

/** A filled `ClassifierFilter`. */
export type FilledClassifierFilter = { readonly kind: "classifier"; readonly from: string; readonly labelled: number; readonly threshold: number }

/** A filled `DedupFilter`. */
export type FilledDedupFilter = { readonly kind: "dedup"; readonly from: string; readonly distance: number }

/** A filled `DecontaminateFilter`. */
export type FilledDecontaminateFilter = { readonly kind: "decontaminate"; readonly from: string; readonly against: readonly string[]; readonly distance: number }

/** A filled `UnionFilter`. */
export type FilledUnionFilter = { readonly kind: "union"; readonly from: readonly string[] }

/** A filled `Model`. */
export type FilledModel = FilledMammutModel | FilledOpenClipModel

/** A filled `MammutModel`. */
export type FilledMammutModel = { readonly kind: "mammut"; readonly size: "micro" | "tiny" | "small" | "base" | "large" | "paper"; readonly image_size: number; readonly patch_size: number; readonly vision: FilledTower; readonly text: FilledTextTower; readonly embed_dim: number; readonly tokenizer: FilledTokenizerSpec }

/** A filled `Tower`. */
export type FilledTower = { readonly width: number; readonly layers: number; readonly heads: number; readonly mlp?: number }

/** A filled `TextTower`. */
export type FilledTextTower = { readonly width: number; readonly layers: number; readonly heads: number; readonly mlp?: number; readonly context_length: number; readonly cross_attn_every: number }

/** A filled `TokenizerSpec`. */
export type FilledTokenizerSpec = { readonly kind: "bpe"; readonly vocab_size: number; readonly from: readonly string[] }

/** A filled `OpenClipModel`. */
export type FilledOpenClipModel = { readonly kind: "openclip"; readonly architecture: "ViT-B-32" | "ViT-B-16" | "ViT-L-14" | "ViT-L-14-336" | "ViT-H-14" | "ViT-g-14"; readonly weights: string; readonly tokenizer: string; readonly image_size: number; readonly patch_size: number; readonly vision: FilledTower; readonly text: FilledTextEncoder; readonly embed_dim: number; readonly vocab_size: number; readonly quick_gelu: boolean; readonly mean: readonly number[]; readonly deviation: readonly number[] }

/** A filled `TextEncoder`. */
export type FilledTextEncoder = { readonly width: number; readonly layers: number; readonly heads: number; readonly mlp?: number; readonly context_length: number }

/** A filled `Train`. */
export type FilledTrain = { readonly slots: number; readonly micro_batch?: number; readonly recompute: boolean; readonly checkpoint_every: number; readonly keep_checkpoints: number; readonly image_cache: number; readonly model: string; readonly batch_size: number; readonly caption_weight: number; readonly contrastive?: FilledContrastive; readonly optimizer: FilledAdamW; readonly ema?: number; readonly augment: FilledAugment; readonly shuffle: number; readonly seed?: number; readonly repeat?: FilledRepeat; readonly phases: readonly FilledPhase[] }

/** A filled `Contrastive`. */
export type FilledContrastive = FilledSoftmaxContrastive | FilledFocalContrastive

/** A filled `SoftmaxContrastive`. */
export type FilledSoftmaxContrastive = { readonly kind: "softmax" }

/** A filled `FocalContrastive`. */
export type FilledFocalContrastive = { readonly kind: "focal"; readonly gamma: number }

/** A filled `AdamW`. */
export type FilledAdamW = { readonly kind: "adamw"; readonly beta1: number; readonly beta2: number; readonly weight_decay: number; readonly clip_norm: number; readonly groups: readonly FilledParameterGroup[]; readonly layer_decay?: number }

/** A filled `ParameterGroup`. */
export type FilledParameterGroup = { readonly parameters: string; readonly learning_rate_scale: number; readonly weight_decay_scale: number }

/** A filled `Augment`. */
export type FilledAugment = { readonly crop: number; readonly aspect: number; readonly filter: "bilinear" | "bicubic" | "lanczos3"; readonly dihedral: boolean; readonly colour: number }

/** A filled `Repeat`. */
export type FilledRepeat = { readonly seed: readonly number[] }

/** A filled `Phase`. */
export type FilledPhase = { readonly name: string; readonly data: string | { readonly [name: string]: number }; readonly temperature?: number; readonly samples: number; readonly learning_rate: number; readonly warm_up: number; readonly schedule?: FilledSchedule; readonly freeze?: readonly string[]; readonly stop_early?: FilledStopEarly }

/** A filled `Schedule`. */
export type FilledSchedule = FilledCosineSchedule | FilledLinearSchedule | FilledConstantSchedule | FilledCooldownSchedule

/** A filled `CosineSchedule`. */
export type FilledCosineSchedule = { readonly kind: "cosine"; readonly floor: number }

/** A filled `LinearSchedule`. */
export type FilledLinearSchedule = { readonly kind: "linear"; readonly floor: number }

/** A filled `ConstantSchedule`. */
export type FilledConstantSchedule = { readonly kind: "constant" }

/** A filled `CooldownSchedule`. */
export type FilledCooldownSchedule = { readonly kind: "cooldown"; readonly share: number; readonly shape: "linear" | "1-sqrt"; readonly floor: number }

/** A filled `StopEarly`. */
export type FilledStopEarly = { readonly data: string; readonly metric: "i2t_r1" | "i2t_r5" | "i2t_r10" | "t2i_r1" | "t2i_r5" | "t2i_r10" | "mean_recall"; readonly every: number; readonly patience: number }

/** A filled `Distill`. */
export type FilledDistill = { readonly slots: number; readonly micro_batch?: number; readonly recompute: boolean; readonly checkpoint_every: number; readonly keep_checkpoints: number; readonly image_cache: number; readonly model: string; readonly data: string; readonly queries: { readonly [name: string]: FilledQuery }; readonly sao: FilledSao; readonly rounds: number; readonly samples: number; readonly learning_rate: number; readonly schedule?: FilledSchedule; readonly batch_size: number; readonly region_weight: number; readonly margin: number; readonly caption_weight: number; readonly contrastive?: FilledContrastive; readonly optimizer: FilledAdamW; readonly ema?: number; readonly warm_up: number; readonly colour: number }

/** A filled `Query`. */
export type FilledQuery = { readonly prompts: readonly string[]; readonly against: readonly string[] }

/** A filled `Sao`. */
export type FilledSao = { readonly window: number; readonly stride: number }

/** A filled `Evaluation`. */
export type FilledEvaluation = FilledRetrievalEvaluation | FilledClassificationEvaluation | FilledLinearProbeEvaluation | FilledCaptioningEvaluation | FilledLocalisationEvaluation

/** A filled `RetrievalEvaluation`. */
export type FilledRetrievalEvaluation = { readonly kind: "retrieval"; readonly model: string; readonly weights?: "average" | "last"; readonly data: string; readonly cleaning: "none" | "clip" | "remoteclip"; readonly ties: "expected" | "against" | "for" }

/** A filled `ClassificationEvaluation`. */
export type FilledClassificationEvaluation = { readonly kind: "classification"; readonly model: string; readonly weights?: "average" | "last"; readonly data: string; readonly templates: "remote-sensing" | "clip-eurosat" | "clip-resisc45" | "skyscript" | readonly string[]; readonly class_names: "labels" | "words" | { readonly [name: string]: string }; readonly min_images: number; readonly ties: "expected" | "against" | "for" }

/** A filled `LinearProbeEvaluation`. */
export type FilledLinearProbeEvaluation = { readonly kind: "linear-probe"; readonly model: string; readonly weights?: "average" | "last"; readonly train: string; readonly data: string; readonly features: "pooled" | "embeddings"; readonly validation: number; readonly ties: "expected" | "against" | "for" }

/** A filled `CaptioningEvaluation`. */
export type FilledCaptioningEvaluation = { readonly kind: "captioning"; readonly model: string; readonly weights?: "average" | "last"; readonly data: string; readonly decoding: FilledDecoding }

/** A filled `Decoding`. */
export type FilledDecoding = FilledGreedyDecoding | FilledNucleusDecoding

/** A filled `GreedyDecoding`. */
export type FilledGreedyDecoding = { readonly kind: "greedy" }

/** A filled `NucleusDecoding`. */
export type FilledNucleusDecoding = { readonly kind: "nucleus"; readonly top_p: number; readonly temperature: number }

/** A filled `LocalisationEvaluation`. */
export type FilledLocalisationEvaluation = { readonly kind: "localisation"; readonly model: string; readonly weights?: "average" | "last"; readonly data: string; readonly queries: { readonly [name: string]: FilledQuery }; readonly map: "attention" | "sao"; readonly sao: FilledSao; readonly ties: "expected" | "against" | "for" }

/** A filled `Claim`. */
export type FilledClaim = { readonly metric: string; readonly over?: string; readonly expect?: number; readonly at_least?: number; readonly at_most?: number; readonly tolerance: number; readonly origin: string }

/** The recipe that is checked and compiled. */
export type FilledRecipe = { readonly name: string; readonly description: string; readonly extends?: string; readonly seed: number; readonly engine: "auto" | "cpu" | "webgpu" | "cuda" | "native"; readonly params: { readonly [name: string]: string | number | boolean }; readonly matrix: { readonly [name: string]: readonly (string | number | boolean)[] }; readonly permissions: FilledPermissions; readonly resources: FilledResources; readonly sources: { readonly [name: string]: FilledSource }; readonly filters: { readonly [name: string]: FilledFilter }; readonly models: { readonly [name: string]: FilledModel }; readonly train: { readonly [name: string]: FilledTrain }; readonly distill: { readonly [name: string]: FilledDistill }; readonly evaluate: { readonly [name: string]: FilledEvaluation }; readonly claims: { readonly [name: string]: FilledClaim } }
