/** The contract of a kind of stage: its version, its needs, and the types of its parameters, inputs and files. */
import type { Estimates } from '../cost/estimates.ts'
import type { JsonRecord } from '../values/json.ts'
import type { RecordColumns } from './records.ts'

/** An input: the output of another stage, or one split of it. */
export interface Input {
  /** Identity of the stage that makes it. */
  readonly stage: string
  /** `train`, `val` or `test`; absent: everything. */
  readonly split?: string
}

/** Demands of a stage on the machine. */
export interface Needs {
  /** Schedulable devices. */
  readonly slots: number
  /** Peak resident memory in bytes, estimated. */
  readonly memory: number
  /** Processor cores that it keeps busy. @default 1, and no threads to pin */
  readonly cores?: number
}

/** A stage as its definition makes it: the implementation reads exactly these names and types. */
export interface StageSpec {
  /** The parameters; all of them are part of the key. */
  readonly params: JsonRecord
  /** Settings of how the stage is computed; they change nothing of the result but rounding and are no part of the key. */
  readonly settings?: JsonRecord
  /** Inputs by role; a list has the roles `ROLE.0`, `ROLE.1` ... in the plan. */
  readonly inputs?: { readonly [role: string]: Input | readonly Input[] | undefined }
  /** Files and folders by role, relative to the recipe's folder. Keys depend on their content, not on their paths. */
  readonly files?: { readonly [role: string]: string | readonly string[] | undefined }
  /** Files of npm packages by role, as `PACKAGE/PATH`. */
  readonly packages?: { readonly [role: string]: string | undefined }
}

/** The definition of a kind of stage. */
export interface StageDefinition<
  Kind extends string = string,
  Args extends readonly unknown[] = readonly unknown[],
  Spec extends StageSpec = StageSpec,
> {
  readonly kind: Kind
  /** Raised whenever the same parameters and inputs would give another result. */
  readonly version: number
  /** Demands on the machine, by the settings of the stage. */
  needs(settings: JsonRecord): Needs
  /** Set where the result is a trained model, or embeddings of a dataset by one. */
  readonly makes?: 'model' | 'image embeddings' | 'caption embeddings'
  /** Columns of what it records of each sample, by the name of the Parquet file in its result. */
  readonly records?: { readonly [file: string]: RecordColumns }
  spec(...args: Args): Spec
  /** Costs of a stage that runs a model. */
  estimate?(...args: Args): Estimates | undefined
}

/** Defines a kind of stage; parameters of the implementation have the types of what `spec` returns. */
export const defineStage = <const Kind extends string, Args extends readonly unknown[], Spec extends StageSpec>(
  definition: StageDefinition<Kind, Args, Spec>,
): StageDefinition<Kind, Args, Spec> => definition

const MiB = 2 ** 20

/** Needs of stages that read, cut and filter samples: no device. */
export const dataNeeds = (): Needs => ({ slots: 0, memory: 400 * MiB })

/** Needs of stages that run a model: one device. */
export const modelNeeds = (): Needs => ({ slots: 1, memory: 1200 * MiB })

/** Needs of stages that compute on the processor, whatever the engine: no device, and as many threads as are pinned. */
export const processorNeeds = (): Needs => ({ slots: 0, memory: 1200 * MiB, cores: 1 })

/** Needs of training, which may share each batch between several devices. */
export function trainingNeeds(settings: JsonRecord): Needs {
  const slots = typeof settings.slots === 'number' ? settings.slots : 1
  return { slots, memory: slots * 1200 * MiB }
}
