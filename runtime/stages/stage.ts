/** The contract between a stage and whoever runs it. */
import type { Json, Needs } from '../../dsl/compile/plan.ts'
import type { EngineName } from '../../dsl/recipe.ts'
import type { Exhibit } from './exhibit.ts'

/** Where a stage finds an input: the folder of a published result, and the split it may read. */
export interface InputFolder {
  readonly folder: string
  readonly split?: string
}

/** How far a stage is. Absent fields are unknown, not zero. */
export interface Progress {
  readonly done: number
  readonly total: number
  /** What is counted: `samples`, `tiles`, `steps`. */
  readonly unit: string
  readonly loss?: number
}

/** Numbers by name. */
export interface Numbers {
  readonly [name: string]: number
}

/** What a stage may tell while it runs. */
export interface Reporter {
  progress(progress: Progress): void
  /** `values` are finite numbers that the message tells: they go into the journal. Some twenty times a stage, not more. */
  log(message: string, values?: Numbers): void
  /** A fault that was survived: a skipped image, a truncated caption. */
  warn(message: string): void
}

/** Everything a stage gets. */
export interface StageContext {
  readonly id: string
  readonly params: { readonly [name: string]: Json }
  /** How to compute, not what; see `Stage.settings` of the plan. */
  readonly settings: { readonly [name: string]: Json }
  readonly inputs: { readonly [role: string]: InputFolder }
  /**
   * Folder of the stored result of this key, where only its failed items are to be tried again: what it holds of the
   * others is taken as it is.
   */
  readonly previous?: string
  /** Absolute path of each external, by its name. */
  readonly externals: { readonly [name: string]: string }
  /** Staging folder: becomes the result. A stage writes here and into `checkpoints`, nowhere else. */
  readonly out: string
  /**
   * Folder of what a later attempt at the same key goes on from, empty at the first; it is removed once the result is
   * published. Write into it by `replaceFile`: a kill may come at any instant.
   */
  readonly checkpoints: string
  /** Requested engine, as in the recipe. */
  readonly engine: string
  readonly report: Reporter
  /** Aborts on a graceful stop; a stage that can checkpoint does so and throws. */
  readonly signal: AbortSignal
}

/** What a stage leaves beside its files. */
export interface StageResult {
  /** Measured numbers; percent where the name says so in its docs. */
  readonly metrics: Numbers
  /** One line for the summary: `3,214 tiles of 412 landmarks`. */
  readonly summary: string
  /** Pictures, tables and curves for the report. */
  readonly exhibits: readonly Exhibit[]
}

/**
 * File of a result that names the items that failed, a JSON object with a `reason` a line; absent where none did. A
 * stage that writes it takes what is there of the others from `previous`.
 */
export const failedItems = 'failed.jsonl'

/** A kind of stage: light to import; the work is loaded when it runs. */
export interface StageKind {
  readonly kind: string
  /** Raised whenever the same parameters and inputs would give another result. */
  readonly version: number
  /** Names of package files (`three-globe/example/img/...`) the stage reads, by its parameters. */
  readonly packageFiles?: (params: { readonly [name: string]: Json }) => readonly string[]
  readonly needs: (params: { readonly [name: string]: Json }) => Needs
  readonly load: () => Promise<(context: StageContext) => Promise<StageResult>>
}

/** The folder of an input; throws where the plan connected none under this role. */
export function inputFolder(inputs: StageContext['inputs'], role: string): InputFolder {
  const found = inputs[role]
  if (found === undefined) throw new Error(`The stage has no input '${role}'; compile the recipe again`)
  return found
}

/** Every engine that a recipe or a run may ask for. */
export const engineNames: readonly EngineName[] = ['auto', 'cpu', 'webgpu', 'cuda', 'native']

/** The requested engine; throws where there is none of that name. */
export function engineNameOf({ engine }: Pick<StageContext, 'engine'>): EngineName {
  const found = engineNames.find(name => name === engine)
  if (found === undefined) throw new Error(`There is no engine '${engine}'; use one of ${engineNames.join(', ')}`)
  return found
}
