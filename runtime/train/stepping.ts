/** What computes the steps of training, however it does. */
import type { Engine } from '../engine/mod.ts'
import type { Arrays } from '../model/safetensors.ts'
import type { Contrast } from './losses.ts'
import type { ObjectiveSource } from './objective.ts'
import type { Numbers, StepAt, Updated } from './replica.ts'
import type { UpdateSpec } from './update.ts'

/** How much is computed at a time, and where. */
export interface Splitting {
  /** Devices that share each batch; on the CPU, groups of threads. @default 1 */
  readonly slots?: number
  /** Rows that a slot computes at a time. @default all of its rows */
  readonly microBatch?: number | undefined
}

export interface StepperOptions extends Splitting {
  readonly engine: Engine
  readonly objective: ObjectiveSource
  readonly optimizer: UpdateSpec
  /** @default softmax */
  readonly contrast?: Contrast | undefined
  readonly batchSize: number
  /** Arrays that each part of a batch is given whole. */
  readonly fixed: Arrays
  /** Where a later process finds the step compiled; absent: nowhere. */
  readonly cacheFolder?: string | undefined
}

/** What a step measured. */
export interface Measured extends Updated {
  readonly losses: Numbers
}

/** A model in training. */
export interface Stepper {
  /** One update by a batch, whose arrays have a row for each pair. */
  step(rows: Arrays, at: StepAt): Promise<Measured>
  /** Weights, moments and averages on the host, by path. */
  state(): Promise<Arrays>
  dispose(): Promise<void>
}
