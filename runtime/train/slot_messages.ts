/** Messages between the trainer and the thread of a slot: one call at a time, and its answer. */
import type { Engine } from '../engine/mod.ts'
import type { HostArrays } from '../model/safetensors.ts'
import type { Contrast } from './losses.ts'
import type { ObjectiveSource } from './objective.ts'
import type { BackwardRequest, BackwardRows, EmbeddedRows, StepNumber, UpdateMeasurements } from './replica.ts'
import type { ThreadFault } from './thread_fault.ts'
import type { UpdateSpec } from './update.ts'

/** Options of the thread of a slot. */
export interface SlotThreadOptions {
  readonly engine: Engine
  readonly objective: ObjectiveSource
  readonly optimizer: UpdateSpec
  readonly contrast: Contrast | undefined
  readonly microBatch: number
  readonly constants: HostArrays
  /** Weights, moments and averages by path. */
  readonly state: HostArrays
  readonly slot: number
  readonly slots: number
  /** float32: the gradients of each slot one after the other, then their sum. */
  readonly shared: SharedArrayBuffer
}

/** Every call with the types of its argument and its answer. `embed` stores the rows for `backward`. */
export interface SlotCalls {
  readonly embed: { readonly ask: HostArrays; readonly answer: EmbeddedRows }
  /** Writes the gradients to the region of the slot in the shared memory. */
  readonly backward: { readonly ask: BackwardRequest; readonly answer: BackwardRows }
  /** Sums a range of the gradients over all slots, in the order of slots. */
  readonly reduce: { readonly ask: null; readonly answer: null }
  /** Updates the weights by the sum of the gradients. */
  readonly update: { readonly ask: StepNumber; readonly answer: UpdateMeasurements }
  readonly state: { readonly ask: null; readonly answer: HostArrays }
}

/** A call as a message. */
export type SlotCall = {
  [K in keyof SlotCalls]: { readonly call: K; readonly ask: SlotCalls[K]['ask'] }
}[keyof SlotCalls]

/** The answer to a call, or the fault that it ended with. */
export type SlotAnswer = { readonly answer: SlotCalls[keyof SlotCalls]['answer'] } | { readonly fault: ThreadFault }
