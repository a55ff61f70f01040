/** The result of compiling a recipe: a directed acyclic graph of stages, each with a key. */

import type { Estimates } from '../cost/estimates.ts'
import type { Input, Needs } from '../kinds/stage.ts'
import type { Json } from '../values/json.ts'
import type { PathStamp } from './environment.ts'

export type { Estimates } from '../cost/estimates.ts'
export type { Input, Needs } from '../kinds/stage.ts'
export type { Json } from '../values/json.ts'

/** A file outside the store that a stage reads; its digest is part of the stage's key and of the lock. */
export interface External {
  /** The use of it in its stage: `table`, or `shards.0` of a list. */
  readonly role: string
  /**
   * Its name for people, no part of keys: the path in the recipe, or for a file of a package
   * `three-globe@2.45.2/example/img/earth-water.png`.
   */
  readonly name: string
  /** Set for a file of a package. */
  readonly isOfPackage?: true
  /** Absolute path on this machine. */
  readonly path: string
  /** Hexadecimal SHA-256 of the content. */
  readonly sha256: string
  /** Taken before the digest; no part of keys and locks. */
  readonly stamp?: PathStamp
}

/** The hosts, variables, programs and paths outside the project that a stage uses; a run grants them by `--allow-*`. */
export interface StagePermissions {
  /** Hosts, as `host` or `host:port`. */
  readonly net: readonly string[]
  /** Environment variables. */
  readonly env: readonly string[]
  /** Programs. */
  readonly run: readonly string[]
  /** Absolute paths of files and folders. */
  readonly read: readonly string[]
}

/** An input in words: `places (train)`, or the stage alone. */
export const inputText = ({ stage, split }: Input): string => (split === undefined ? stage : `${stage} (${split})`)

/** The part of a result that a stage makes. */
export interface StagePart {
  /** Identity of the stage that joins the parts. */
  readonly of: string
  /** From 0. */
  readonly index: number
  /** Number of parts. */
  readonly count: number
  /** Digest that all parts of one result have in common. */
  readonly family: string
}

/** One schedulable piece of work. */
export interface Stage {
  /** `landmarks`, `landmarks.captions`, `pretrain.web`, `localise.1`: unique in a plan, stable between runs. */
  readonly id: string
  /** Kind of stage: `landmarks`, `caption`, `crawl`, `rules`, `classifier`, `train`, `distill`, `retrieval` ... */
  readonly kind: string
  /** Version of the kind's behaviour; part of the key. */
  readonly version: number
  /** Parameters with defaults filled in and quantities in base units. */
  readonly params: { readonly [name: string]: Json }
  /** Settings of how it is computed: they change nothing of the result but rounding, and are no part of the key. */
  readonly settings: { readonly [name: string]: Json }
  /** Inputs by role. */
  readonly inputs: { readonly [role: string]: Input }
  readonly externals: readonly External[]
  /** Absolute paths of its files, folders and package files by role; all of them are among the externals. */
  readonly files: { readonly [role: string]: string | readonly string[] }
  readonly needs: Needs
  /** Costs of a stage that runs a model. */
  readonly estimates?: Estimates
  /** Absent: it needs none. */
  readonly permissions?: StagePermissions
  /** Absent: it makes the whole of its result. */
  readonly part?: StagePart
  /** Hexadecimal SHA-256 over kind, version, parameters, digests of files by role, and input keys and splits. */
  readonly key: string
  /** The section and entry of the recipe it comes from: `['train', 'pretrain']`. */
  readonly path: readonly string[]
}

/** A claim, resolved to the stage that measures it. */
export interface PlannedClaim {
  readonly name: string
  readonly stage: string
  readonly metric: string
  /** A metric that is subtracted from it first. */
  readonly over?: { readonly stage: string; readonly metric: string }
  readonly expect?: number
  readonly atLeast?: number
  readonly atMost?: number
  readonly tolerance: number
  readonly origin: string
}

/** A file; without a digest if it is not on this machine. */
export interface OutlinedExternal extends Omit<External, 'sha256'> {
  readonly sha256?: string
}

/** A stage; without a key if data that it depends on is not on this machine. */
export interface OutlinedStage extends Omit<Stage, 'key' | 'externals'> {
  readonly key?: string
  readonly externals: readonly OutlinedExternal[]
  /** Names of the missing files that the key depends on, its own and those of its inputs. Absent: none. */
  readonly absent?: readonly string[]
}

/** A plan on a machine that does not have all of its data. */
export interface Outline extends Omit<Plan, 'stages'> {
  readonly stages: readonly OutlinedStage[]
}

/** The plan; undefined if a stage has no key. */
export function wholePlan(outline: Outline): Plan | undefined {
  const stages = outline.stages.flatMap(stage => (isKnown(stage) ? [stage] : []))
  return stages.length === outline.stages.length ? { ...outline, stages } : undefined
}

const isKnown = (stage: OutlinedStage): stage is Stage => stage.key !== undefined

/** A compiled recipe; stages are in topological order. */
export interface Plan {
  readonly name: string
  readonly description: string
  readonly engine: string
  readonly stages: readonly Stage[]
  readonly claims: readonly PlannedClaim[]
}
