/**
 * The types of a recipe: the one source of truth of the language.
 *
 * The JSON Schema, the validator, the reference page and the builders of `dsl/mod.ts` all come from this file, from the
 * types of kinds in `kinds/`, and from those of their parts in `recipe/`. Every field says its meaning, unit, default and
 * range.
 */
import type { Distill } from './kinds/distill/distill.ts'
import type { Evaluation } from './kinds/evaluate/specs.ts'
import type { Filter } from './kinds/filters/specs.ts'
import type { Model } from './kinds/models/specs.ts'
import type { Source } from './kinds/sources/specs.ts'
import type { Train } from './kinds/train/train.ts'
import type { Claim } from './recipe/claim.ts'
import type { Bytes, Name, Path } from './recipe/scalars.ts'

/** A recipe file. */
export interface Recipe {
  /** The recipe's name; results and reports are filed under it. @examples ["quickstart"] */
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
  /** The engine that computes: see `terroir doctor`. @default "auto" */
  engine?: EngineName
  /** Values that `${params.NAME}` inserts and `--set params.NAME=...` changes. @default {} @examples [{ "pairs": "32k" }] */
  params?: Record<string, string | number | boolean>
  /** Ablation axes: every combination of the values of these parameters becomes a variant. @default {} @examples [{ "pairs": ["8k", "32k"] }] */
  matrix?: Record<string, AxisValues>
  /** Access of a run to hosts, variables, programs and paths outside the project folder; none when absent. @default {} */
  permissions?: Permissions
  /** The machine that the recipe is meant for; estimates are compared with it before anything runs. @default {} */
  resources?: Resources
  /** Sources of samples. */
  sources: Record<Name, Source>
  /** Filters that keep or drop samples. @default {} */
  filters?: Record<Name, Filter>
  /** Architectures. @default {} */
  models?: Record<Name, Model>
  /** Training runs. @default {} */
  train?: Record<Name, Train>
  /** Self-distillation of localisation, in rounds. @default {} */
  distill?: Record<Name, Distill>
  /** Measurements of models. @default {} */
  evaluate?: Record<Name, Evaluation>
  /** Expected values of metrics. @default {} */
  claims?: Record<Name, Claim>
}

/** The values of an axis. @minItems 1 */
export type AxisValues = (string | number | boolean)[]

/** Tensor engines. */
export type EngineName = 'auto' | 'cpu' | 'webgpu' | 'cuda' | 'native'

/** Resources of a machine. */
export interface Resources {
  /**
   * True if the data lies on that machine: if a file that a source names is missing here, `check` and `plan` warn
   * instead of failing, and stages that read it have no key. A run fails nevertheless. @default false
   */
  elsewhere?: boolean
  /**
   * Threads of each stage that uses a slot. The order in which sums are added depends on their number: set it if
   * machines with different numbers of cores must give the same digits. Absent: one for each core. @minimum 1
   * @maximum 256 @asType integer
   */
  threads?: number
  /**
   * Memory of a slot, the device of a training stage: of the GPU, or of the machine if the CPU computes. A training
   * stage whose estimate is larger is an error. Absent: nothing is compared.
   */
  slot_memory?: Bytes
}

/** Deny by default: each entry needs the matching `--allow-*` flag. */
export interface Permissions {
  /** Hosts that stages connect to, as `host` or `host:port`. @default [] */
  net?: string[]
  /** Environment variables that stages read. @default [] */
  env?: string[]
  /** Programs that stages start, by name or path. @default [] */
  run?: string[]
  /**
   * Files and folders outside the project that stages read. The project is the nearest folder above the recipe that
   * holds `.git` or `package.json`, else the recipe's own. @default []
   */
  read?: Path[]
}

export type * from './kinds/captioners/specs.ts'
export type { Distill } from './kinds/distill/distill.ts'
export type * from './kinds/evaluate/specs.ts'
export type * from './kinds/filters/specs.ts'
export type * from './kinds/models/specs.ts'
export type * from './kinds/sources/specs.ts'
export type { Train } from './kinds/train/train.ts'
export type { Claim } from './recipe/claim.ts'
export type * from './recipe/cleaning.ts'
export type * from './recipe/scalars.ts'
export type * from './recipe/ties.ts'
export type * from './recipe/towers.ts'
export type * from './recipe/training.ts'
