/** How a step is computed: at once, in parts, or on several slots. */
import { type Engine, floatsOf, jit, readState, scalarOf } from '../engine/mod.ts'
import type { Weights } from '../model/layers.ts'
import type { Arrays } from '../model/safetensors.ts'
import type { AdamWSpec } from './adamw.ts'
import { type BatchTensors, loadObjective, lossesOf, type Objective, type ObjectiveSource } from './objective.ts'
import { createReplica, joinLosses, type Numbers, type StepAt } from './replica.ts'
import type { State } from './resume.ts'
import { openSlots } from './slots.ts'
import { trainStep } from './step.ts'

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
  readonly optimizer: AdamWSpec
  readonly batchSize: number
  /** Arrays that each part of a batch is given whole. */
  readonly fixed: Arrays
}

/** What a step measured. */
export interface Measured {
  readonly losses: Numbers
  readonly gradientNorm: number
}

/** A model in training. */
export interface Stepper {
  /** One update by a batch, whose arrays have a row for each pair. */
  step(rows: Arrays, at: StepAt): Promise<Measured>
  /** Weights and moments on the host, by path. */
  state(): Promise<Arrays>
  dispose(): Promise<void>
}

/** Makes a model in training that begins at a state; throws where the batch does not divide. */
export async function createStepper(start: State, options: StepperOptions): Promise<Stepper> {
  const { slots = 1, batchSize } = options
  const rows = batchSize / slots
  const { microBatch = rows } = options
  if (!Number.isInteger(rows) || !Number.isInteger(rows / microBatch))
    throw new Error(`A batch of ${batchSize} does not divide into ${slots} slots of parts of ${microBatch}`)
  if (slots > 1) return openSlots(start, { ...options, slots, microBatch })
  const objective = await loadObjective(options.objective)
  if (microBatch === batchSize) return wholeStepper(start, { ...options, objective })
  const replica = createReplica(start, { ...options, objective, microBatch })
  return {
    async step(batch, at) {
      const { images, texts, counts } = await replica.embed(batch)
      const found = await replica.backward(batch, { images, texts, offset: 0, totals: counts })
      return { losses: joinLosses([found], counts), gradientNorm: await replica.update(at) }
    },
    state: replica.state,
    dispose: replica.dispose,
  }
}

/** The whole batch at once, in one graph. */
function wholeStepper(
  start: State,
  {
    engine,
    objective,
    optimizer,
    fixed,
  }: Pick<StepperOptions, 'engine' | 'optimizer' | 'fixed'> & { readonly objective: Objective },
): Stepper {
  const losses = (batch: BatchTensors, weights: Weights) => lossesOf(objective(batch, weights), weights)
  const step = jit(trainStep(losses, optimizer), { engine, keep: ['weights', 'first', 'second'] })
  let state = start
  return {
    async step(rows, { step: number, learningRate }) {
      const next = await step({
        ...state,
        batch: { ...rows, ...fixed },
        learningRate: scalarOf(learningRate),
        step: scalarOf(number),
      })
      state = { weights: next.weights, first: next.first, second: next.second }
      const measured = Object.entries(next.losses).map(
        ([name, value]) => [name, floatsOf(value)[0] ?? Number.NaN] as const,
      )
      return { losses: Object.fromEntries(measured), gradientNorm: floatsOf(next.gradientNorm)[0] ?? Number.NaN }
    },
    state: () => readState(state, engine),
    dispose: step.dispose,
  }
}
