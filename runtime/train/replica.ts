/** A replica: one copy of a model in training, which computes micro-batches on one engine. */
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

/** Options of a replica. */
export interface ReplicaOptions {
  readonly engine: Engine
  readonly objective: Objective
  readonly optimizer: UpdateSpec
  /** @default softmax */
  readonly contrast?: Contrast | undefined
  /** Rows of a micro-batch. */
  readonly microBatch: number
  /** Inputs of every micro-batch that have no batch rows. */
  readonly constants: HostArrays
}

/** Numbers by name. */
export type ScalarValues = Readonly<Record<string, number>>

/** Embeddings of the rows of a replica, and the counts of its means. */
export interface EmbeddedRows {
  readonly images: HostArray
  readonly texts: HostArray
  readonly counts: ScalarValues
}

/** Inputs of `backward` beside the rows. */
export interface BackwardRequest {
  /** Embeddings of the whole batch. */
  readonly images: HostArray
  readonly texts: HostArray
  /** Index of the first row of the replica in the batch. */
  readonly offset: number
  readonly totals: ScalarValues
}

/** Losses of a backward pass. */
export interface BackwardRows {
  /** Contrastive loss of the whole batch. */
  readonly contrastive: number
  /** Sums of each mean over the rows of the replica. */
  readonly sums: ScalarValues
  /** Contribution of these rows to the loss, without the contrastive loss. */
  readonly rest: number
}

/** Measurements of an update. */
export interface UpdateMeasurements {
  /** Before clipping. */
  readonly gradientNorm: number
  /** Factor of similarities after the update: exp of the parameter. */
  readonly logitScale: number
}

/** Number of a step, from 1, and its learning rate. */
export interface StepNumber {
  readonly step: number
  readonly learningRate: number
}

/** A replica. A step is `embed`, `backward` with the same rows, and `update`. */
export interface Replica {
  embed(rows: HostArrays): Promise<EmbeddedRows>
  backward(rows: HostArrays, request: BackwardRequest): Promise<BackwardRows>
  /** Gradients that `backward` has accumulated. */
  gradients(): Promise<HostArrays>
  /** Updates the weights by these gradients, or by the accumulated ones. */
  update(at: StepNumber, gradients?: HostArrays): Promise<UpdateMeasurements>
  /** Weights, moments and averages on the host, by path. */
  state(): Promise<HostArrays>
  dispose(): Promise<void>
}

const numberOf = (array: NdArray | undefined): number => (array && floatsOf(array)[0]) ?? Number.NaN

/** The exponential as a float32, like all measurements. */
export const expOf = (logarithm: number): number => Math.fround(Math.exp(logarithm))

/** Rows `from` to `from + count - 1` of every array. */
export const sliceRows = (arrays: HostArrays, from: number, count: number): HostArrays =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, sliceArrayRows(array, from, count)]))

function sliceArrayRows({ data, shape, dtype }: HostArray, from: number, count: number): HostArray {
  const row = data.length / (shape[0] ?? 1)
  return hostArray(data.subarray(from * row, (from + count) * row), { shape: [count, ...shape.slice(1)], dtype })
}

/** Concatenates arrays along their first axis. */
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

/** Combines the losses of the parts of a batch into those of the whole batch, in float32. */
export function joinLosses(parts: readonly BackwardRows[], totals: ScalarValues): ScalarValues {
  const contrastive = parts[0]?.contrastive ?? Number.NaN
  const sums = addScalars(parts.map(({ sums }) => sums))
  const rest = parts.reduce((sum, part) => sum + part.rest, 0)
  const means = Object.entries(sums).map(([name, sum]) => [name, Math.fround(sum / Math.max(totals[name] ?? 0, 1))])
  return { loss: Math.fround(contrastive + rest), contrastive, ...Object.fromEntries(means) }
}

/** Creates a replica from a state. */
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
    throw new Error('An array that the host reads stayed on the device')
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
