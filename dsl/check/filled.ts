/** A recipe as later steps see it: defaults filled in, quantities in base units. */
import type { Recipe } from '../recipe.ts'

/** Optional fields that mean something by their absence. */
export type Undefaulted =
  | 'cities_above'
  | 'captions'
  | 'images'
  | 'label'
  | 'tile_size'
  | 'extends'
  | 'over'
  | 'expect'
  | 'at_least'
  | 'at_most'
  | 'slot_memory'
  | 'threads'
  | 'micro_batch'
  | 'ema'
  | 'contrastive'
  | 'schedule'
  | 'freeze'
  | 'temperature'
  | 'stop_early'
  | 'layer_decay'
  | 'weights'
  | 'mlp'

/** Optional fields without a default of their own that are always there in a filled recipe: a model's size gives them. */
export type Sized =
  | 'image_size'
  | 'patch_size'
  | 'vision'
  | 'text'
  | 'embed_dim'
  | 'width'
  | 'layers'
  | 'heads'
  | 'context_length'
  | 'vocab_size'

/** Counts become numbers, distances metres, times seconds, optional fields with a default are there. */
export type Filled<T> = T extends `${number}${string}`
  ? number
  : T extends readonly (infer Item)[]
    ? readonly Filled<Item>[]
    : T extends object
      ? { readonly [K in keyof T]-?: Filled<NonNullable<T[K]>> | Absent<T, K> }
      : T

type Absent<T, K extends keyof T> = K extends Undefaulted ? (undefined extends T[K] ? undefined : never) : never

/** The recipe that is checked and compiled. */
export type FilledRecipe = Filled<Recipe>

/** An entry of a section. */
export type Entry<Section extends 'sources' | 'filters' | 'models' | 'train' | 'distill' | 'evaluate' | 'claims'> =
  FilledRecipe[Section][string]
