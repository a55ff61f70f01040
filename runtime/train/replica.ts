/** One copy of a model in training, which computes pieces of steps on one engine. */
import {
  type Engine,
  floats,
  floatsOf,
  type HostArray,
  hostArray,
  jit,
  type NdArray,
  readState,
  scalarOf,
} from '../engine/mod.ts'
import type { HostArrays } from '../model/safetensors.ts'
import type { Contrast } from './losses.ts'
import type { Objective } from './objective.ts'
import { applyGradients, backwardMicroBatch, contrastiveGradients, embedMicroBatch } from './split_step.ts'
import { stateNames, type TrainingState } from './state.ts'
import type { UpdateSpec } from './update.ts'

/** What a replica is made of. */
export interface ReplicaOptions {
  readonly engine: Engine
  readonly objective: Objective
  readonly optimizer: UpdateSpec
  /** @default softmax */
  readonly contrast?: Contrast | undefined
  /** Rows that are computed at a time. */
  readonly microBatch: number
  /** Arrays that each part of a batch is given whole. */
  readonly constants: HostArrays
}

export type ScalarValues = Readonly<Record<string, number>>

/** What `embed` gives: embeddings of the replica's rows, and its share of what means are divided by. */
export interface EmbeddedRows {
  readonly images: HostArray
  readonly texts: HostArray
  readonly counts: ScalarValues
}

/** What `backward` needs beside the rows. */
export interface BackwardRequest {
  /** Embeddings of the whole batch. */
  readonly images: HostArray
  readonly texts: HostArray
  /** Where the replica's rows begin in it. */
  readonly offset: number
  readonly totals: ScalarValues
}

/** What `backward` gives. */
export interface BackwardRows {
  /** Of the whole batch. */
  readonly contrastive: number
  /** Sums of means over the replica's rows. */
  readonly sums: ScalarValues
  /** What these rows add to the loss beside the contrastive one. */
  readonly rest: number
}

/** What an update measured. */
export interface UpdateMeasurements {
  /** Before clipping. */
  readonly gradientNorm: number
  /** What similarities are multiplied by from now on: exp of the parameter. */
  readonly logitScale: number
}

/** Number of a step, from 1, and its learning rate. */
export interface StepNumber {
  readonly step: number
  readonly learningRate: number
}

/** Steps go `embed`, `backward`, `update`, each with the same rows. */
export interface Replica {
  embed(rows: HostArrays): Promise<EmbeddedRows>
  backward(rows: HostArrays, request: BackwardRequest): Promise<BackwardRows>
  /** Gradients that `backward` added up. */
  gradients(): Promise<HostArrays>
  /** Updates by these gradients, or by those that `backward` added up. */
  update(at: StepNumber, gradients?: HostArrays): Promise<UpdateMeasurements>
  /** Weights, moments and averages on the host, by path. */
  state(): Promise<HostArrays>
  dispose(): Promise<void>
}

const numberOf = (array: NdArray | undefined): number => (array && floatsOf(array)[0]) ?? Number.NaN

/** As float32, as all that is measured. */
export const expOf = (logarithm: number): number => Math.fround(Math.exp(logarithm))

/** Rows `from` to `from + count` of every array. */
export const sliceRows = (arrays: HostArrays, from: number, count: number): HostArrays =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, sliceArrayRows(array, from, count)]))

function sliceArrayRows({ data, shape, dtype }: HostArray, from: number, count: number): HostArray {
  const row = data.length / (shape[0] ?? 1)
  return hostArray(data.subarray(from * row, (from + count) * row), { shape: [count, ...shape.slice(1)], dtype })
}

/** Arrays below each other. */
export function stackRows(parts: readonly HostArray[]): HostArray {
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0))
  let at = 0
  for (const part of parts) {
    data.set(part.data, at)
    at += part.data.length
  }
  const [first] = parts
  return floats(data, [parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0), ...(first?.shape.slice(1) ?? [])])
}

/** Sums of numbers by name. */
export function addScalars(all: readonly ScalarValues[]): ScalarValues {
  const sums: Record<string, number> = {}
  for (const numbers of all) for (const [name, value] of Object.entries(numbers)) sums[name] = (sums[name] ?? 0) + value
  return sums
}

/** Losses of a whole batch from what its parts gave, in float32, as steps at once give them. */
export function joinLosses(parts: readonly BackwardRows[], totals: ScalarValues): ScalarValues {
  const contrastive = parts[0]?.contrastive ?? Number.NaN
  const sums = addScalars(parts.map(({ sums }) => sums))
  const rest = parts.reduce((sum, part) => sum + part.rest, 0)
  const means = Object.entries(sums).map(([name, sum]) => [name, Math.fround(sum / Math.max(totals[name] ?? 0, 1))])
  return { loss: Math.fround(contrastive + rest), contrastive, ...Object.fromEntries(means) }
}

/** Makes a replica that begins at a state. */
export function createReplica(start: TrainingState, options: ReplicaOptions): Replica {
  const { engine, objective, optimizer, microBatch, constants } = options
  const embedPart = jit(embedMicroBatch(objective), { engine })
  const contrast = jit(contrastiveGradients(options.contrast), { engine })
  const backwardPart = jit(backwardMicroBatch(objective), { engine, keep: ['gradients'] })
  const updateAll = jit(applyGradients(optimizer), { engine, keep: [...stateNames, 'gradients'] })
  let state = start
  let accumulated: Readonly<Record<string, NdArray>> = Object.fromEntries(
    Object.entries(start.weights).map(([name, { shape }]) => [
      name,
      floats(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape),
    ]),
  )
  let logitScaleGradient = scalarOf(0)

  const microBatchesOf = (rows: HostArrays): readonly HostArrays[] => {
    const count = Object.values(rows)[0]?.shape[0] ?? 0
    return Array.from({ length: count / microBatch }, (_, i) => sliceRows(rows, i * microBatch, microBatch))
  }
  const scalarsOf = (arrays: Readonly<Record<string, NdArray>>): ScalarValues =>
    Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, numberOf(array)]))
  const onHost = (array: NdArray): HostArray => {
    if (array.location === 'host') return array
    throw new Error('An array that is read stayed on the device')
  }

  return {
    async embed(rows) {
      const found: EmbeddedRows[] = []
      for (const part of microBatchesOf(rows)) {
        const { images, texts, counts } = await embedPart({ weights: state.weights, batch: { ...part, ...constants } })
        found.push({ images: onHost(images), texts: onHost(texts), counts: scalarsOf(counts) })
      }
      return {
        images: stackRows(found.map(({ images }) => images)),
        texts: stackRows(found.map(({ texts }) => texts)),
        counts: addScalars(found.map(({ counts }) => counts)),
      }
    },
    async backward(rows, { images, texts, offset, totals }) {
      const logitScale = state.weights.logit_scale
      if (logitScale === undefined) throw new Error('The model has no logit scale, which the contrastive loss needs')
      const by = await contrast({ images, texts, logitScale })
      logitScaleGradient = onHost(by.logitScale)
      const scalars = Object.fromEntries(Object.entries(totals).map(([name, total]) => [name, scalarOf(total)]))
      const sums: ScalarValues[] = []
      let rest = 0
      for (const [i, part] of microBatchesOf(rows).entries()) {
        const from = offset + i * microBatch
        const result = await backwardPart({
          weights: state.weights,
          batch: { ...part, ...constants },
          gradients: accumulated,
          by: {
            images: sliceArrayRows(onHost(by.images), from, microBatch),
            texts: sliceArrayRows(onHost(by.texts), from, microBatch),
          },
          totals: scalars,
        })
        accumulated = result.gradients
        sums.push(scalarsOf(result.sums))
        rest += numberOf(result.rest)
      }
      return { contrastive: numberOf(by.contrastive), sums: addScalars(sums), rest }
    },
    gradients: () => readState(accumulated, engine),
    async update({ step, learningRate }, gradients) {
      if (gradients) for (const array of Object.values(accumulated)) if (array.location === 'device') array.release()
      const next = await updateAll({
        ...state,
        gradients: gradients ?? accumulated,
        logitScale: logitScaleGradient,
        learningRate: scalarOf(learningRate),
        step: scalarOf(step),
      })
      const { gradients: zeros, gradientNorm, logitScale, ...nextState } = next
      state = nextState
      accumulated = zeros
      return { gradientNorm: numberOf(gradientNorm), logitScale: expOf(numberOf(logitScale)) }
    },
    state: () => readState(state, engine),
    async dispose() {
      for (const step of [embedPart, contrast, backwardPart, updateAll]) await step.dispose()
    },
  }
}
