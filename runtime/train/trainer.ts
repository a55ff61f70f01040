/** The training loop. */
import {
  type Engine,
  floats,
  floatsOf,
  gradients,
  type HostArray,
  jit,
  readState,
  scalarOf,
  tf,
} from '../engine/mod.ts'
import type { Weights } from '../model/layers.ts'
import { type AdamWSpec, adamw } from './adamw.ts'
import type { StepReport } from './history.ts'
import { learningRate, type Schedule } from './learning_rate.ts'
import type { Batch, Loader } from './loader.ts'
import { type Checkpointing, openKeeper } from './resume.ts'

/** What a loss gets beside the weights: the tensors of a batch. */
export type BatchTensors = Readonly<Record<string, tf.Tensor>>

/** Scalars of one step; `loss` is minimised, the others are logged. */
export type StepLosses = Readonly<Record<string, tf.Tensor>> & { readonly loss: tf.Tensor }

export interface TrainOptions<B extends Batch> {
  readonly engine: Engine
  readonly weights: Readonly<Record<string, HostArray>>
  readonly optimizer: AdamWSpec
  readonly schedule: Schedule
  readonly losses: (batch: BatchTensors, weights: Weights) => StepLosses
  readonly loader: Pick<Loader, 'position' | 'restore'> & { next(): B }
  /** Arrays of a batch that go into the step. */
  readonly arrays: (batch: B) => Readonly<Record<string, HostArray>>
  readonly onStep: (step: StepReport) => void
  /** Absent: a run that is stopped begins anew. */
  readonly checkpoints?: Checkpointing
  readonly signal: AbortSignal
}

type Tensors = Readonly<Record<string, tf.Tensor>>

interface StepInputs {
  readonly weights: Tensors
  readonly first: Tensors
  readonly second: Tensors
  readonly batch: Tensors
  readonly learningRate: tf.Tensor
  readonly step: tf.Tensor
}

/** The largest logit scale, as CLIP bounds it. */
const maxLogitScale = Math.log(100)

/** A step that computes losses and gradients and updates every weight. */
export function trainStep(losses: TrainOptions<Batch>['losses'], optimizer: AdamWSpec) {
  return ({ weights, first, second, batch, learningRate, step }: StepInputs) => {
    const names = Object.keys(weights)
    const measured: Record<string, tf.Tensor> = {}
    const objective = (...values: tf.Tensor[]): tf.Scalar => {
      const found = losses(batch, Object.fromEntries(names.map((name, i) => [name, values[i] ?? tf.scalar(0)])))
      // The tape frees what its function does not return.
      for (const [name, value] of Object.entries(found)) measured[name] = tf.keep(value)
      return found.loss as tf.Scalar
    }
    const values = Object.values(weights)
    const { grads } = gradients(() => objective(...values), values)
    const byName = Object.fromEntries(names.map((name, i) => [name, grads[i] ?? tf.zeros([])]))
    const next = adamw({ weights, first, second }, { gradients: byName, learningRate, step }, optimizer)
    const bounded =
      next.weights.logit_scale === undefined ? {} : { logit_scale: tf.minimum(next.weights.logit_scale, maxLogitScale) }
    return { ...next, weights: { ...next.weights, ...bounded }, losses: measured }
  }
}

/** What training gives. */
export interface Trained {
  readonly weights: Readonly<Record<string, HostArray>>
  /** Of every step, those before a resume included. */
  readonly steps: readonly StepReport[]
}

/**
 * Trains for `schedule.steps` steps. A loss that is not finite stops the run with the samples of its batch named; an
 * aborted signal stops it between steps, after a checkpoint. A run that finds a checkpoint goes on from it, and ends bit
 * by bit as if it had not stopped.
 */
export async function train<B extends Batch>(options: TrainOptions<B>): Promise<Trained> {
  const { engine, schedule, signal, loader } = options
  const keeper = openKeeper(options)
  const start = await keeper.start()
  const step = jit(trainStep(options.losses, options.optimizer), { engine, keep: ['weights', 'first', 'second'] })
  const reports = [...start.reports]
  let { state } = start
  try {
    while (reports.length < schedule.steps) {
      if (signal.aborted) await keeper.save({ state, reports })
      signal.throwIfAborted()
      const number = reports.length + 1
      const batch = loader.next()
      const rate = learningRate(number, schedule)
      const result = await step({
        ...state,
        batch: options.arrays(batch),
        learningRate: scalarOf(rate),
        step: scalarOf(number),
      })
      const losses = Object.fromEntries(
        Object.entries(result.losses).map(([name, value]) => [name, floatsOf(value)[0] ?? Number.NaN]),
      )
      const gradientNorm = floatsOf(result.gradientNorm)[0] ?? Number.NaN
      if (!Number.isFinite(losses.loss) || !Number.isFinite(gradientNorm))
        throw new Error(notFinite(number, losses, batch))
      state = { weights: result.weights, first: result.first, second: result.second }
      const report = { step: number, learningRate: rate, gradientNorm, losses }
      reports.push(report)
      options.onStep(report)
      if (number < schedule.steps && keeper.isDue()) await keeper.save({ state, reports })
      // The step blocks this thread; give messages and signals a turn.
      await new Promise(resolve => setImmediate(resolve))
    }
    // Copied: what a session returned goes with it.
    const weights = Object.entries(await readState(state.weights, engine)).map(
      ([name, array]) => [name, floats(floatsOf(array).slice(), array.shape)] as const,
    )
    return { weights: Object.fromEntries(weights), steps: reports }
  } finally {
    await step.dispose()
  }
}

function notFinite(step: number, losses: Readonly<Record<string, number>>, { rows }: Batch): string {
  const values = Object.entries(losses).map(([name, value]) => `${name} ${value}`)
  const keys = rows.slice(0, 8).map(row => row.key)
  const more = rows.length > keys.length ? ` and ${rows.length - keys.length} more` : ''
  return `Training stopped at step ${step}: the loss is not finite (${values.join(', ')}); the batch held ${keys.join(', ')}${more}; lower the learning rate or look at these samples`
}
