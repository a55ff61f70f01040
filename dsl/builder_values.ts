/** Values of TypeScript recipes, and the builders of entries without kinds. Declarations alone: see `mod.ts`. */
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
  readonly 'an evaluation belongs here, such as retrieval({ ... })': true
}

/** Data in proportions. */
export interface Mix {
  readonly 'a mix of datasets': true
}

/** The fields of a builder: those of the language without `kind`, and values where the language has names. */
export type Fields<Spec, Values extends object> = Omit<Spec, 'kind' | keyof Values> & Values

interface ModelAndData {
  /** A trained model. */
  model: Trained
  /** A dataset. */
  data: Data
}

/** A captioner, a tokenizer, an optimiser, a place of images: plain parts of other entries. */
export type Part<Spec> = Omit<Spec, 'kind'>

/** A tokenizer. */
export interface Tokenizer {
  readonly 'a tokenizer belongs here, such as bpe({ from: [places.train] })': true
}

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

/** Replacements of parts of a base: any part of a recipe, with references as texts; `null` removes a key. */
export type Patch<Base> = { readonly [Key in keyof Base]?: Patch<Base[Key]> | null }

/** A recipe that extends another. */
export declare function extend(patch: Patch<language.Recipe> & { extends: language.Path }): language.Recipe

/** A recipe; the default export of its file. Names of entries are their keys. */
export declare function recipe(spec: Fields<language.Recipe, Sections>): language.Recipe
