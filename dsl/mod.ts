/**
 * What TypeScript recipes import. A recipe is read from its syntax and never executed, so there are declarations
 * here and no code: they complete and check a recipe in the editor.
 *
 * ```ts
 * const photos = folder({ path: 'photos', captions: 'captions.csv' })
 * const small = mammut({ vision, text, tokenizer: bpe({ from: [photos.train] }) })
 * const pretrain = train({ model: small, phases: [{ name: 'first', data: photos.train, samples: '10k', learning_rate: 1e-3 }] })
 * export default recipe({ name: 'mine', sources: { photos }, models: { small }, train: { pretrain } })
 * ```
 */
import type * as language from './recipe.ts'

/** Data: a source, a filter, or one split of either. */
export interface Data {
  readonly 'a dataset belongs here: a source, a filter, or a split such as places.train': true
}

/** A source or a filter. */
export interface Dataset extends Data {
  readonly train: Data
  readonly val: Data
  readonly test: Data
}

/** A model to train. */
export interface Architecture {
  readonly 'an architecture belongs here, such as mammut({ ... })': true
}

/** A trained model: the last phase or round, or one that is named. */
export interface Trained {
  readonly 'a trained model belongs here: train({ ... }), distill({ ... }), or a phase or round of one': true
}

/** A training run; `phase` picks the model after one of its phases. */
export interface TrainingRun extends Trained {
  phase(name: string): Trained
}

/** A distillation; `round` picks the model after one of its rounds. */
export interface Distillation extends Trained {
  round(number: number): Trained
}

/** A measurement. */
export interface Measurement {
  readonly 'an evaluation belongs here: retrieval, classification, linearProbe, captioning or localisation': true
}

/** Data in proportions. */
export interface Mix {
  readonly 'a mix of datasets': true
}

/** The fields of a builder: those of the language without `kind`, and values where the language has names. */
type Fields<Spec, Values extends object> = Omit<Spec, 'kind' | keyof Values> & Values

interface From {
  /** What is filtered. */
  from: Data
}

interface ModelAndData {
  /** A trained model. */
  model: Trained
  /** A dataset. */
  data: Data
}

/** A captioner, a tokenizer, an optimiser, a place of images: plain parts of other entries. */
type Part<Spec> = Omit<Spec, 'kind'>

/** Satellite tiles around map landmarks. */
export declare function landmarks(spec: Fields<language.LandmarkSource, object>): Dataset
/** A small crawl-like set of images with alt text. */
export declare function crawl(spec: Fields<language.CrawlSource, object>): Dataset
/** Images of one's own: a folder with a table of captions, or with a sub-folder for each class. */
export declare function folder(spec: Fields<language.FolderSource, object>): Dataset
/** Captions in Karpathy's JSON, images in a folder. */
export declare function karpathy(spec: Fields<language.KarpathySource, object>): Dataset
/** WebDataset tar shards. */
export declare function webdataset(spec: Fields<language.WebDatasetSource, object>): Dataset
/** Parquet tables, with images in tars, in the tables or in a folder. */
export declare function parquet(spec: Fields<language.ParquetSource, object>): Dataset

/** Cheap rules on text and image. */
export declare function rules(spec: Fields<language.RulesFilter, From>): Dataset
/** Overhead-imagery classifier, trained inside the recipe. */
export declare function classifier(spec: Fields<language.ClassifierFilter, From>): Dataset
/** Drops all but the first of perceptually equal images. */
export declare function dedup(spec: Fields<language.DedupFilter, From>): Dataset
/** Drops images that are perceptually equal to any image of the evaluation sets. */
export declare function decontaminate(
  spec: Fields<language.DecontaminateFilter, From & { against: readonly Data[] }>,
): Dataset

/** Captions by a seeded grammar. */
export declare function grammar(spec: Part<language.GrammarCaptioner>): language.GrammarCaptioner
/** AdamW. */
export declare function adamw(spec: Part<language.AdamW>): language.AdamW

/** The learning rate falls by half a cosine. */
export declare function cosine(spec: Part<language.CosineSchedule>): language.CosineSchedule
/** The learning rate falls by a straight line. */
export declare function linear(spec: Part<language.LinearSchedule>): language.LinearSchedule
/** The learning rate stays at its peak. */
export declare function constant(spec: Part<language.ConstantSchedule>): language.ConstantSchedule
/** The learning rate stays at its peak, and falls over the last steps. */
export declare function cooldown(spec: Part<language.CooldownSchedule>): language.CooldownSchedule

/** The contrastive loss by cross-entropy over the batch. */
export declare function softmax(spec: Part<language.SoftmaxContrastive>): language.SoftmaxContrastive
/** The likeliest next token. */
export declare function greedy(spec: Part<language.GreedyDecoding>): language.GreedyDecoding
/** A next token drawn from the likeliest. */
export declare function nucleus(spec: Part<language.NucleusDecoding>): language.NucleusDecoding
/** The focal contrastive loss. */
export declare function focal(spec: Part<language.FocalContrastive>): language.FocalContrastive

/** Images of a Parquet table in the tar beside it. */
export declare function tar(spec: Part<language.ImagesInTar>): language.ImagesInTar
/** Images of a Parquet table in a column of it. */
export declare function bytes(spec: Part<language.ImagesAsBytes>): language.ImagesAsBytes
/** Images of a Parquet table in a folder, by paths in a column. */
export declare function paths(spec: Part<language.ImagesAsPaths>): language.ImagesAsPaths

/** A tokenizer. */
export interface Tokenizer {
  readonly 'a tokenizer belongs here, such as bpe({ from: [places.train] })': true
}

/** Byte-level BPE trained on the captions of datasets. */
export declare function bpe(spec: Fields<language.TokenizerSpec, { from: readonly Data[] }>): Tokenizer
/** MaMMUT (arXiv 2303.16839). */
export declare function mammut(spec: Fields<language.MammutModel, { tokenizer: Tokenizer }>): Architecture
/** CLIP in OpenCLIP's format, with its weights: trained further, or measured as it is. */
export declare function openclip(spec: Fields<language.OpenClipModel, object>): Architecture & Trained

/** A mix: pairs of dataset and weight. */
export declare function mix(parts: readonly (readonly [Data, number])[]): Mix

/** One phase of a curriculum. */
export type Phase = Fields<language.Phase, { data: Data | Mix }>

/** A curriculum over one model. */
export declare function train(
  spec: Fields<language.Train, { model: Architecture; phases: readonly Phase[] }>,
): TrainingRun

/** Rounds of pseudo-labels and training. */
export declare function distill(spec: Fields<language.Distill, ModelAndData>): Distillation

/** Zero-shot image-text retrieval. */
export declare function retrieval(spec: Fields<language.RetrievalEvaluation, ModelAndData>): Measurement
/** Zero-shot classification with prompt templates. */
export declare function classification(spec: Fields<language.ClassificationEvaluation, ModelAndData>): Measurement
/** A linear classifier on frozen image features. */
export declare function linearProbe(
  spec: Fields<language.LinearProbeEvaluation, ModelAndData & { train: Data }>,
): Measurement
/** Captions written by the model. */
export declare function captioning(spec: Fields<language.CaptioningEvaluation, ModelAndData>): Measurement
/** Zero-shot localisation against masks. */
export declare function localisation(spec: Fields<language.LocalisationEvaluation, ModelAndData>): Measurement

interface Sections {
  sources: Record<string, Dataset>
  filters?: Record<string, Dataset>
  models?: Record<string, Architecture>
  train?: Record<string, TrainingRun>
  distill?: Record<string, Distillation>
  evaluate?: Record<string, Measurement>
}

/**
 * A parameter of the recipe, wherever a value may stand: `learning_rate: param('rate')`. It is inserted before types
 * are checked, so it has every type here.
 */
export declare function param(name: string): never

/** What replaces parts of a base: any part of a recipe, with references as texts; `null` removes a key. */
export type Patch<Base> = { readonly [Key in keyof Base]?: Patch<Base[Key]> | null }

/** A recipe that extends another. */
export declare function extend(patch: Patch<language.Recipe> & { extends: language.Path }): language.Recipe

/** A recipe; the default export of its file. Names of entries are their keys. */
export declare function recipe(spec: Fields<language.Recipe, Sections>): language.Recipe
