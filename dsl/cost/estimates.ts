/**
 * Estimates of the stages that run a model, by sizes alone.
 *
 * Memory was compared with the most that training processes used on a CPU, for six models of 1 M to 61 M parameters at
 * batches of 2 to 256, without their data: all were within 11 %.
 */
import type { Concepts, ModelCost } from './model_cost.ts'

/** Bytes that a stage keeps in memory, by what for. */
export interface MemoryEstimate {
  /** Weights, their gradients, the optimiser's moments, and the new values of these. */
  readonly state: number
  /** The most that the step holds at once, most of it for gradients. */
  readonly activations: number
  /** Node.js and the engine. */
  readonly runtime: number
  readonly total: number
}

/** Costs of a stage that runs a model. */
export interface Estimates {
  readonly parameters: number
  /** Images, or texts, of a step. */
  readonly batch: number
  /** Floating-point operations of the matrix products of one step. */
  readonly stepFlops: number
  /** Absent if the number of images is not known before the data is read. */
  readonly steps?: number
  /** Of all steps. */
  readonly flops?: number
  /** In bytes. */
  readonly memory: MemoryEstimate
  /** Bytes of the result. Absent if the number of images is not known before the data is read. */
  readonly disk?: number
}

const bytes = 4
/** Measured: a worker with the engine and the trainer loaded and nothing in it. */
const runtimeBytes = 200 * 2 ** 20
/** Numbers a parameter in training: weight and two moments, old and new, gradient, its square, and the first weight. */
const trainingCopies = 9
/** Of an average, old and new. */
const averageCopies = 2
/** Without gradients: the weight as it was read, and as the engine holds it. */
const readingCopies = 2
/** Images, or texts, of a step of evaluations. */
export const evaluationBatch = 64

function memory(numbers: { readonly state: number; readonly activations: number }): MemoryEstimate {
  const [state, activations] = [numbers.state * bytes, Math.ceil(numbers.activations) * bytes]
  return { state, activations, runtime: runtimeBytes, total: state + activations + runtimeBytes }
}

/** Texts of concepts by name. */
interface ConceptTexts {
  readonly [name: string]: { readonly prompts: readonly string[]; readonly against: readonly string[] }
}

/** A training step at a batch size, without its number of steps. */
export interface TrainingEstimate {
  readonly batch_size: number
  readonly caption_weight: number
  readonly slots: number
  readonly micro_batch?: number | undefined
  readonly ema?: number | undefined
  readonly recompute: boolean
  /** Concepts of the region loss; absent: there is none. */
  readonly queries?: ConceptTexts
}

function conceptsOf(queries: ConceptTexts): Concepts {
  const all = Object.values(queries)
  return {
    count: all.length,
    prompts: all.reduce((sum, { prompts }) => sum + prompts.length, 0),
    against: all.reduce((sum, { against }) => sum + against.length, 0),
  }
}

/** Memory of training a model, of each slot. */
export function trainingMemory(cost: ModelCost, training: TrainingEstimate): MemoryEstimate {
  const { batch_size, caption_weight, slots, micro_batch, ema, recompute, queries } = training
  const shape = {
    batch: Math.min(micro_batch ?? batch_size, Math.ceil(batch_size / slots)),
    captions: caption_weight > 0,
    recompute,
    ...(queries && { concepts: conceptsOf(queries) }),
  }
  const copies = trainingCopies + (ema === undefined ? 0 : averageCopies)
  return memory({ state: copies * cost.parameters, activations: cost.trainActivations(shape) })
}

/** A training stage that sees so many pairs. */
export function estimateTraining(cost: ModelCost, train: TrainingEstimate, samples: number): Estimates {
  const { batch_size: batch, caption_weight, ema, queries } = train
  const { parameters } = cost
  const concepts = queries && conceptsOf(queries)
  const stepFlops = cost.trainFlops({ batch, captions: caption_weight > 0, ...(concepts && { concepts }) })
  const steps = Math.max(1, Math.ceil(samples / batch))
  return {
    parameters,
    batch,
    stepFlops,
    steps,
    flops: steps * stepFlops,
    memory: trainingMemory(cost, train),
    disk: bytes * parameters * (ema === undefined ? 1 : 2),
  }
}

/** A stage that embeds images. */
export const estimateEmbedding = (cost: ModelCost): Estimates =>
  reading(cost, {
    batch: evaluationBatch,
    stepFlops: cost.embedFlops(evaluationBatch),
    activations: cost.forwardActivations(evaluationBatch),
  })

/** A stage that embeds texts. */
export const estimateTexts = (cost: ModelCost): Estimates =>
  reading(cost, {
    batch: evaluationBatch,
    stepFlops: cost.textFlops(evaluationBatch),
    activations: cost.textActivations(evaluationBatch),
  })

interface ReadingStep extends Pick<Estimates, 'batch' | 'stepFlops'> {
  readonly activations: number
}

function reading({ parameters }: ModelCost, { batch, stepFlops, activations }: ReadingStep): Estimates {
  const held = { state: readingCopies * parameters, activations }
  return { parameters, batch, stepFlops, memory: memory(held) }
}

/** Heatmaps of images. */
interface HeatmapBatch {
  readonly batch: number
  readonly queries: ConceptTexts
  /** Absent: single patches. */
  readonly sao?: { readonly window: number; readonly stride: number }
}

/** A stage that makes heatmaps. */
export function estimateMapping(cost: ModelCost, { batch, queries, sao }: HeatmapBatch): Estimates {
  const isSingle = sao === undefined || (sao.window === 1 && sao.stride === 1)
  const windows = isSingle ? undefined : (Math.ceil((cost.gridSide - sao.window) / sao.stride) + 1) ** 2
  const concepts = conceptsOf(queries)
  const stepFlops = cost.heatmapFlops?.({ batch, concepts, ...(windows !== undefined && { windows }) }) ?? 0
  return reading(cost, { batch, stepFlops, activations: cost.forwardActivations(batch) })
}
