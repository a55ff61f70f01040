/** The contract between a stage and whoever runs it. */
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import type { StageKind, StageOf } from '../../dsl/kinds/registry.ts'
import type { Input } from '../../dsl/kinds/stage.ts'
import type { EngineName } from '../../dsl/recipe.ts'
import type { Intervals } from '../../dsl/values/interval.ts'
import type { JsonRecord } from '../../dsl/values/json.ts'
import type { Exhibit } from './exhibit.ts'

/** The input of a stage: the folder of a published result, and the split that the stage may read. */
export interface InputFolder {
  readonly folder: string
  /** The stage that made it, for messages. */
  readonly name?: string
  readonly split?: string
}

/** The progress of a stage. Absent fields are unknown, not zero. */
export interface Progress {
  readonly done: number
  readonly total: number
  /** The things that are counted: `samples`, `tiles`, `steps`. */
  readonly unit: string
  readonly loss?: number
}

/** Numbers by name. */
export interface Numbers {
  readonly [name: string]: number
}

/** Reports of a stage while it runs. */
export interface Reporter {
  progress(progress: Progress): void
  /** `values` are finite numbers that the message tells: they go into the journal. Some twenty times a stage, not more. */
  log(message: string, values?: Numbers): void
  /** A fault that was survived: a skipped image, a truncated caption. */
  warn(message: string): void
}

/** The names and types that the definition of a kind of stage gives. */
type SpecOf<Kind extends StageKind> = ReturnType<StageOf<Kind>['spec']>

type FolderOf<Given> = Given extends readonly Input[]
  ? readonly InputFolder[]
  : Given extends Input
    ? InputFolder
    : Given
type FoldersOf<Inputs> = { readonly [Role in keyof Inputs]: FolderOf<Inputs[Role]> }
type InputsOf<Spec> = Spec extends { readonly inputs: infer Inputs } ? FoldersOf<Inputs> : object
type PathOf<Given> = Given extends readonly string[] ? readonly string[] : Given extends string ? string : Given
type PathsOf<Files> = { readonly [Role in keyof Files]: PathOf<Files[Role]> }
type FilesOf<Spec> = (Spec extends { readonly files: infer Files } ? PathsOf<Files> : object) &
  (Spec extends { readonly packages: infer Packages } ? PathsOf<Packages> : object)
type SettingsOf<Spec> = (Spec extends { readonly settings: infer Settings } ? Settings : object) & PinnedThreads

/** A number of threads, where the recipe pins one. */
interface PinnedThreads {
  readonly threads?: number
}

/** The parts of a stage's context that are the same for every kind. */
export interface StageSurroundings {
  readonly id: string
  /**
   * Folder of the stored result of this key, where only its failed items are to be tried again: what it holds of the
   * others is taken as it is.
   */
  readonly previous?: string
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

/** Everything that a stage of a kind gets; the types follow from the kind's definition in `dsl/kinds`. */
export interface StageContext<Kind extends StageKind> extends StageSurroundings {
  readonly params: SpecOf<Kind>['params']
  /** Settings of how to compute, not what; see `Stage.settings` of the plan. */
  readonly settings: SettingsOf<SpecOf<Kind>>
  /** Folders of inputs by role. */
  readonly inputs: InputsOf<SpecOf<Kind>>
  /** Absolute paths of files and folders outside the store by role, those of npm packages among them. */
  readonly files: FilesOf<SpecOf<Kind>>
}

/** The implementation of a kind of stage. */
export type Run<Kind extends StageKind> = (context: StageContext<Kind>) => Promise<StageResult>

/** The context of a stage of any kind, before the types of its kind are known. */
export interface AnyContext extends StageSurroundings {
  readonly params: JsonRecord
  readonly settings: JsonRecord
  /** Lists have the roles `ROLE.0`, `ROLE.1` ... */
  readonly inputs: { readonly [role: string]: InputFolder }
  readonly files: { readonly [role: string]: string | readonly string[] }
}

/** Loads the implementation of a kind of stage; undefined where there is none of that name. */
export type FindRun = (kind: string) => (() => Promise<(context: AnyContext) => Promise<StageResult>>) | undefined

/** The result of a stage beside its files. */
export interface StageResult {
  /** Measured numbers; percent where the name says so in its docs. */
  readonly metrics: Numbers
  /** 95 % intervals of metrics over the independent units that they are means of; absent for those that have none. */
  readonly intervals?: Intervals
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

/** Inputs under the roles of the definition: those of `ROLE.0`, `ROLE.1` ... become a list. */
export function groupedInputs(inputs: AnyContext['inputs']): {
  readonly [role: string]: InputFolder | readonly InputFolder[]
} {
  const grouped: Record<string, InputFolder | InputFolder[]> = {}
  for (const [role, folder] of Object.entries(inputs)) {
    const [, name, index] = /^(.*)\.(\d+)$/.exec(role) ?? []
    if (name === undefined) grouped[role] = folder
    else {
      const list = grouped[name]
      const items = Array.isArray(list) ? list : []
      items[Number(index)] = folder
      grouped[name] = items
    }
  }
  return grouped
}

/** Every engine that a recipe or a run may ask for. */
export const engineNames: readonly EngineName[] = ['auto', 'cpu', 'webgpu', 'cuda', 'native']

/** The requested engine; throws where there is none of that name. */
export function engineNameOf({ engine }: Pick<StageSurroundings, 'engine'>): EngineName {
  const found = engineNames.find(name => name === engine)
  if (found === undefined)
    throw new UserFault(`There is no engine '${engine}'`, { hint: `use one of ${engineNames.join(', ')}` })
  return found
}
