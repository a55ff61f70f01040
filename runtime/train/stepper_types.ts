/** The interface of steppers, and their options. */
import type { Engine } from '../engine/mod.ts'
import type { HostArrays } from '../model/safetensors.ts'
import type { Contrast } from './losses.ts'
import type { ObjectiveSource } from './objective.ts'
import type { ScalarValues, StepNumber, UpdateMeasurements } from './replica.ts'
import type { UpdateSpec } from './update.ts'

/** Division of a batch into slots and micro-batches. */
export interface BatchSplit {
  /** Number of devices that share each batch; on the CPU, of groups of threads. @default 1 */
  readonly slots?: number
  /** Rows of a micro-batch. @default all rows of a slot */
  readonly microBatch?: number | undefined
}

/** Options of a stepper. */
export interface StepperOptions extends BatchSplit {
  readonly engine: Engine
  readonly objective: ObjectiveSource
  readonly optimizer: UpdateSpec
  /** @default softmax */
  readonly contrast?: Contrast | undefined
  readonly batchSize: number
  /** Inputs of every step that have no batch rows. */
  readonly constants: HostArrays
  /** Folder in which later processes find the compiled step. Absent: it is not stored. */
  readonly cacheFolder?: string | undefined
}

/** Measurements of a step. */
export interface StepMeasurements extends UpdateMeasurements {
  readonly losses: ScalarValues
}

/** Computes the steps of one run. */
export interface Stepper {
  /** Updates the weights by a batch, whose arrays have one row for each pair. */
  step(rows: HostArrays, at: StepNumber): Promise<StepMeasurements>
  /** Weights, moments and averages on the host, by path. */
  state(): Promise<HostArrays>
  dispose(): Promise<void>
}
