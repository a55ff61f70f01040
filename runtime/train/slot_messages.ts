/** What the trainer and the thread of a slot say to each other: one call at a time, and its answer. */
import type { Engine } from '../engine/mod.ts'
import type { HostArrays } from '../model/safetensors.ts'
import type { Contrast } from './losses.ts'
import type { ObjectiveSource } from './objective.ts'
import type { BackwardRequest, BackwardRows, EmbeddedRows, StepNumber, UpdateMeasurements } from './replica.ts'
import type { UpdateSpec } from './update.ts'

/** What a thread begins with. */
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
  /** Gradients of each slot after the other, then their sum: float32. */
  readonly shared: SharedArrayBuffer
}

/** Each call with what it asks and what it answers; `embed` keeps the rows that `backward` goes through. */
export interface SlotCalls {
  readonly embed: { readonly ask: HostArrays; readonly answer: EmbeddedRows }
  /** Leaves the gradients in the slot's share of the memory. */
  readonly backward: { readonly ask: BackwardRequest; readonly answer: BackwardRows }
  /** Adds up the slot's piece of the gradients of all, in the order of slots. */
  readonly reduce: { readonly ask: null; readonly answer: null }
  /** Updates by the sum of the gradients. */
  readonly update: { readonly ask: StepNumber; readonly answer: UpdateMeasurements }
  readonly state: { readonly ask: null; readonly answer: HostArrays }
}

export type SlotCall = {
  [K in keyof SlotCalls]: { readonly call: K; readonly ask: SlotCalls[K]['ask'] }
}[keyof SlotCalls]

export type SlotAnswer = { readonly answer: SlotCalls[keyof SlotCalls]['answer'] } | { readonly fault: string }
