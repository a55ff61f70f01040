/** What computes the steps of training, however it does. */
import type { Engine } from '../engine/mod.ts'
import type { HostArrays } from '../model/safetensors.ts'
import type { Contrast } from './losses.ts'
import type { ObjectiveSource } from './objective.ts'
import type { ScalarValues, StepNumber, UpdateMeasurements } from './replica.ts'
import type { UpdateSpec } from './update.ts'

/** How much is computed at a time, and where. */
export interface BatchSplit {
  /** Devices that share each batch; on the CPU, groups of threads. @default 1 */
  readonly slots?: number
  /** Rows that a slot computes at a time. @default all of its rows */
  readonly microBatch?: number | undefined
}

export interface StepperOptions extends BatchSplit {
  readonly engine: Engine
  readonly objective: ObjectiveSource
  readonly optimizer: UpdateSpec
  /** @default softmax */
  readonly contrast?: Contrast | undefined
  readonly batchSize: number
  /** Arrays that each part of a batch is given whole. */
  readonly constants: HostArrays
  /** Where a later process finds the step compiled; absent: nowhere. */
  readonly cacheFolder?: string | undefined
}

/** What a step measured. */
export interface StepMeasurements extends UpdateMeasurements {
  readonly losses: ScalarValues
}

/** A model in training. */
export interface Stepper {
  /** One update by a batch, whose arrays have a row for each pair. */
  step(rows: HostArrays, at: StepNumber): Promise<StepMeasurements>
  /** Weights, moments and averages on the host, by path. */
  state(): Promise<HostArrays>
  dispose(): Promise<void>
}
