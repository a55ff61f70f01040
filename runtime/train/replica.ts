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
import type { Arrays } from '../model/safetensors.ts'
import type { Contrast } from './losses.ts'
import type { Objective } from './objective.ts'
import { backwardPiece, contrastPiece, embedPiece, updatePiece } from './pieces.ts'
import { type State, stateNames } from './state.ts'
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
  readonly fixed: Arrays
}

export type Numbers = Readonly<Record<string, number>>

/** What `embed` gives: embeddings of the replica's rows, and its share of what means are divided by. */
export interface EmbeddedRows {
  readonly images: HostArray
  readonly texts: HostArray
  readonly counts: Numbers
}

/** What `backward` needs beside the rows. */
export interface BackwardRequest {
  /** Embeddings of the whole batch. */
  readonly images: HostArray
  readonly texts: HostArray
  /** Where the replica's rows begin in it. */
  readonly offset: number
  readonly totals: Numbers
}

/** What `backward` gives. */
export interface BackwardRows {
  /** Of the whole batch. */
  readonly contrastive: number
  /** Sums of means over the replica's rows. */
  readonly sums: Numbers
  /** What these rows add to the loss beside the contrastive one. */
  readonly rest: number
}

/** What an update measured. */
export interface Updated {
  /** Before clipping. */
  readonly gradientNorm: number
  /** What similarities are multiplied by from now on: exp of the parameter. */
  readonly logitScale: number
}

/** Number of a step, from 1, and its learning rate. */
export interface StepAt {
  readonly step: number
  readonly learningRate: number
}

/** Steps go `embed`, `backward`, `update`, each with the same rows. */
export interface Replica {
  embed(rows: Arrays): Promise<EmbeddedRows>
  backward(rows: Arrays, request: BackwardRequest): Promise<BackwardRows>
  /** Gradients that `backward` added up. */
  gradients(): Promise<Arrays>
  /** Updates by these gradients, or by those that `backward` added up. */
  update(at: StepAt, gradients?: Arrays): Promise<Updated>
  /** Weights, moments and averages on the host, by path. */
  state(): Promise<Arrays>
  dispose(): Promise<void>
}

const numberOf = (array: NdArray | undefined): number => (array && floatsOf(array)[0]) ?? Number.NaN

/** As float32, as all that is measured. */
export const expOf = (logarithm: number): number => Math.fround(Math.exp(logarithm))

/** Rows `from` to `from + count` of every array. */
export const rowsOf = (arrays: Arrays, from: number, count: number): Arrays =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, rowsOfOne(array, from, count)]))

function rowsOfOne({ data, shape, dtype }: HostArray, from: number, count: number): HostArray {
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
export function addNumbers(all: readonly Numbers[]): Numbers {
  const sums: Record<string, number> = {}
  for (const numbers of all) for (const [name, value] of Object.entries(numbers)) sums[name] = (sums[name] ?? 0) + value
  return sums
}

/** Losses of a whole batch from what its parts gave, in float32, as steps at once give them. */
export function joinLosses(parts: readonly BackwardRows[], totals: Numbers): Numbers {
  const contrastive = parts[0]?.contrastive ?? Number.NaN
  const sums = addNumbers(parts.map(({ sums }) => sums))
  const rest = parts.reduce((sum, part) => sum + part.rest, 0)
  const means = Object.entries(sums).map(([name, sum]) => [name, Math.fround(sum / Math.max(totals[name] ?? 0, 1))])
  return { loss: Math.fround(contrastive + rest), contrastive, ...Object.fromEntries(means) }
}

/** Makes a replica that begins at a state. */
export function createReplica(start: State, options: ReplicaOptions): Replica {
  const { engine, objective, optimizer, microBatch, fixed } = options
  const embedPart = jit(embedPiece(objective), { engine })
  const contrast = jit(contrastPiece(options.contrast), { engine })
  const backwardPart = jit(backwardPiece(objective), { engine, keep: ['gradients'] })
  const updateAll = jit(updatePiece(optimizer), { engine, keep: [...stateNames, 'gradients'] })
  let state = start
  let added: Readonly<Record<string, NdArray>> = Object.fromEntries(
    Object.entries(start.weights).map(([name, { shape }]) => [
      name,
      floats(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape),
    ]),
  )
  let byScale = scalarOf(0)

  const partsOf = (rows: Arrays): readonly Arrays[] => {
    const count = Object.values(rows)[0]?.shape[0] ?? 0
    return Array.from({ length: count / microBatch }, (_, i) => rowsOf(rows, i * microBatch, microBatch))
  }
  const numbersOf = (arrays: Readonly<Record<string, NdArray>>): Numbers =>
    Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, numberOf(array)]))
  const hosted = (array: NdArray): HostArray => {
    if (array.location === 'host') return array
    throw new Error('An array that is read stayed on the device')
  }

  return {
    async embed(rows) {
      const found: EmbeddedRows[] = []
      for (const part of partsOf(rows)) {
        const { images, texts, counts } = await embedPart({ weights: state.weights, batch: { ...part, ...fixed } })
        found.push({ images: hosted(images), texts: hosted(texts), counts: numbersOf(counts) })
      }
      return {
        images: stackRows(found.map(({ images }) => images)),
        texts: stackRows(found.map(({ texts }) => texts)),
        counts: addNumbers(found.map(({ counts }) => counts)),
      }
    },
    async backward(rows, { images, texts, offset, totals }) {
      const logitScale = state.weights.logit_scale
      if (logitScale === undefined) throw new Error('The model has no logit scale, which the contrastive loss needs')
      const by = await contrast({ images, texts, logitScale })
      byScale = hosted(by.logitScale)
      const scalars = Object.fromEntries(Object.entries(totals).map(([name, total]) => [name, scalarOf(total)]))
      const sums: Numbers[] = []
      let rest = 0
      for (const [i, part] of partsOf(rows).entries()) {
        const from = offset + i * microBatch
        const result = await backwardPart({
          weights: state.weights,
          batch: { ...part, ...fixed },
          gradients: added,
          by: {
            images: rowsOfOne(hosted(by.images), from, microBatch),
            texts: rowsOfOne(hosted(by.texts), from, microBatch),
          },
          totals: scalars,
        })
        added = result.gradients
        sums.push(numbersOf(result.sums))
        rest += numberOf(result.rest)
      }
      return { contrastive: numberOf(by.contrastive), sums: addNumbers(sums), rest }
    },
    gradients: () => readState(added, engine),
    async update({ step, learningRate }, gradients) {
      if (gradients) for (const array of Object.values(added)) if (array.location === 'device') array.release()
      const next = await updateAll({
        ...state,
        gradients: gradients ?? added,
        logitScale: byScale,
        learningRate: scalarOf(learningRate),
        step: scalarOf(step),
      })
      const { gradients: zeros, gradientNorm, logitScale, ...moved } = next
      state = moved
      added = zeros
      return { gradientNorm: numberOf(gradientNorm), logitScale: expOf(numberOf(logitScale)) }
    },
    state: () => readState(state, engine),
    async dispose() {
      for (const step of [embedPart, contrast, backwardPart, updateAll]) await step.dispose()
    },
  }
}
