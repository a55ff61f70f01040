/**
 * Estimates of the stages that run a model, by what the recipe says of them.
 *
 * Memory was compared with the most that training processes used on a CPU, for six models of 1 M to 61 M parameters at
 * batches of 2 to 256, without their data: all were within 11 %.
 */
import type { Entry, FilledRecipe } from '../check/filled.ts'
import { architectureOf } from '../check/names.ts'
import type { Concepts } from './mammut.ts'
import { modelCost } from './model.ts'

type Model = Entry<'models'>

/** Bytes that a stage keeps in memory, by what for. */
export interface MemoryEstimate {
  /** Weights, their gradients, the optimiser's moments, and the new values of these. */
  readonly state: number
  /** What the step holds at once, most of it for gradients. */
  readonly activations: number
  /** Node.js and the engine. */
  readonly runtime: number
  readonly total: number
}

/** What a model stage costs, from sizes alone. */
export interface Estimates {
  readonly parameters: number
  /** Images of a step. */
  readonly batch: number
  /** Floating-point operations of the matrix products of one step. */
  readonly stepFlops: number
  /** Absent where the number of images shows only when data is there. */
  readonly steps?: number
  /** Of all steps. */
  readonly flops?: number
  /** In bytes. */
  readonly memory: MemoryEstimate
  /** Bytes of the result; 0 where a stage leaves only tables and pictures. */
  readonly disk: number
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
/** Images of a step of evaluations. */
const evaluationBatch = 64

function memory(numbers: { readonly state: number; readonly activations: number }): MemoryEstimate {
  const [state, activations] = [numbers.state * bytes, Math.ceil(numbers.activations) * bytes]
  return { state, activations, runtime: runtimeBytes, total: state + activations + runtimeBytes }
}

/** A training step at a batch size, without its number of steps. */
interface Training {
  readonly batch_size: number
  readonly caption_weight: number
  readonly slots: number
  readonly micro_batch?: number | undefined
  readonly ema?: number | undefined
  readonly recompute: boolean
  readonly queries?: Queries
}

type Queries = Entry<'distill'>['queries']

function conceptsOf(queries: Queries): Concepts {
  const all = Object.values(queries)
  return {
    count: all.length,
    prompts: all.reduce((sum, { prompts }) => sum + prompts.length, 0),
    against: all.reduce((sum, { against }) => sum + against.length, 0),
  }
}

/** Memory of training a model, of each slot. */
export function trainingMemory(model: Model, training: Training): MemoryEstimate {
  const { batch_size, caption_weight, slots, micro_batch, ema, recompute, queries } = training
  const shape = {
    batch: Math.min(micro_batch ?? batch_size, Math.ceil(batch_size / slots)),
    captions: caption_weight > 0,
    recompute,
    ...(queries && { concepts: conceptsOf(queries) }),
  }
  const copies = trainingCopies + (ema === undefined ? 0 : averageCopies)
  const cost = modelCost(model)
  return memory({ state: copies * cost.parameters, activations: cost.trainActivations(shape) })
}

function training(model: Model, train: Training, samples: number): Estimates {
  const { batch_size: batch, caption_weight, ema, queries } = train
  const cost = modelCost(model)
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
    memory: trainingMemory(model, train),
    disk: bytes * parameters * (ema === undefined ? 1 : 2),
  }
}

function reading(
  model: Model,
  { batch, stepFlops }: { readonly batch: number; readonly stepFlops: number },
): Estimates {
  const { parameters, forwardActivations } = modelCost(model)
  const held = { state: readingCopies * parameters, activations: forwardActivations(batch) }
  return { parameters, batch, stepFlops, memory: memory(held), disk: 0 }
}

interface Mapping {
  readonly batch: number
  readonly queries: Queries
  /** Absent: single patches. */
  readonly sao?: { readonly window: number; readonly stride: number }
}

function mapping(model: Model, { batch, queries, sao }: Mapping): Estimates {
  const side = Math.floor(model.image_size / model.patch_size)
  const isSingle = sao === undefined || (sao.window === 1 && sao.stride === 1)
  const windows = isSingle ? undefined : (Math.ceil((side - sao.window) / sao.stride) + 1) ** 2
  const concepts = conceptsOf(queries)
  const { heatmapFlops } = modelCost(model)
  return reading(model, {
    batch,
    stepFlops: heatmapFlops?.({ batch, concepts, ...(windows !== undefined && { windows }) }) ?? 0,
  })
}

/** Where a stage comes from. */
export interface Origin {
  readonly kind: string
  readonly path: readonly string[]
}

/** The estimates of a stage; undefined for stages that run no model. The recipe is checked. */
export function estimate(recipe: FilledRecipe, { kind, path }: Origin): Estimates | undefined {
  const [section = '', name = '', , index] = path
  switch (section) {
    case 'train': {
      const train = recipe.train[name]
      const model = train && recipe.models[train.model]
      const phase = train?.phases[Number(index)]
      return model && phase && training(model, train, phase.samples)
    }
    case 'distill': {
      const distill = recipe.distill[name]
      const model = distill && architectureOf(recipe, distill.model)
      if (distill === undefined || model === undefined) return undefined
      const { batch_size: batch, queries, sao, samples } = distill
      return kind === 'pseudo-label' ? mapping(model, { batch, queries, sao }) : training(model, distill, samples)
    }
    case 'evaluate': {
      const evaluation = recipe.evaluate[name]
      const model = evaluation && architectureOf(recipe, evaluation.model)
      return model && evaluating(model, evaluation)
    }
    default:
      return undefined
  }
}

function evaluating(model: Model, evaluation: Entry<'evaluate'>): Estimates {
  const batch = evaluationBatch
  switch (evaluation.kind) {
    case 'retrieval':
    case 'classification':
    case 'linear-probe':
    case 'captioning':
      return reading(model, { batch, stepFlops: modelCost(model).embedFlops(batch) })
    case 'localisation': {
      const { queries, map, sao } = evaluation
      return mapping(model, { batch, queries, ...(map === 'sao' && { sao }) })
    }
  }
}
