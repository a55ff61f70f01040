/** The training loop. */
import { type Engine, floats, floatsOf, type HostArray } from '../engine/mod.ts'
import type { HostArrays } from '../model/safetensors.ts'
import { type CheckpointOptions, openCheckpointManager } from './checkpoint_manager.ts'
import { bestValidation, isPatienceExhausted, type Validation } from './early_stopping.ts'
import type { StepReport } from './history.ts'
import { type LearningRateSchedule, learningRate } from './learning_rate.ts'
import type { Batch, Loader } from './loader.ts'
import type { Contrast } from './losses.ts'
import type { ObjectiveSource } from './objective.ts'
import { pathsOf, stateOf, type TrainingState } from './state.ts'
import { createStepper } from './stepper.ts'
import type { BatchSplit } from './stepper_types.ts'
import type { UpdateSpec } from './update.ts'

export interface TrainOptions<B extends Batch> extends BatchSplit {
  readonly engine: Engine
  readonly weights: Readonly<Record<string, HostArray>>
  readonly optimizer: UpdateSpec
  /** @default softmax */
  readonly contrast?: Contrast | undefined
  readonly schedule: LearningRateSchedule
  readonly objective: ObjectiveSource
  readonly batchSize: number
  readonly loader: Pick<Loader, 'position' | 'restore'> & { next(): B | Promise<B> }
  /** Arrays of a batch, with a row for each pair. */
  readonly arrays: (batch: B) => HostArrays
  /** Arrays that go into each step, and are no rows. @default none */
  readonly constants?: HostArrays
  /** Is told the steps before a resume. */
  readonly onStart?: (steps: readonly StepReport[]) => void
  readonly onStep: (step: StepReport) => void
  /** Absent: training ends with its last step, and the weights after it are what it gives. */
  readonly validation?: Validation | undefined
  /** Absent: a run that is stopped begins anew. */
  readonly checkpoints?: CheckpointOptions
  readonly signal: AbortSignal
}

/** What training gives. */
export interface TrainingResult {
  /** After the last step, or the best of those that were validated; their average where one was asked for. */
  readonly weights: Readonly<Record<string, HostArray>>
  /** Those after that step where `weights` are an average. */
  readonly last?: Readonly<Record<string, HostArray>>
  /** Of every step, those before a resume included. */
  readonly steps: readonly StepReport[]
}

/**
 * Trains for `schedule.steps` steps, or until validations get no better. A loss that is not finite stops the run with the samples of its batch named; an
 * aborted signal stops it between steps, after a checkpoint. A run that finds a checkpoint goes on from it, and ends bit
 * by bit as if it had not stopped.
 */
export async function train<B extends Batch>(options: TrainOptions<B>): Promise<TrainingResult> {
  const { schedule, signal, loader, validation, optimizer } = options
  const checkpointManager = openCheckpointManager(options)
  const start = await checkpointManager.start()
  const stepper = await createStepper(start.state, {
    ...options,
    constants: options.constants ?? {},
    cacheFolder: options.checkpoints?.folder,
  })
  const reports = [...start.reports]
  let { best } = start
  options.onStart?.(reports)
  const save = async () =>
    checkpointManager.save({ state: await stepper.state(), reports, best: best && pathsOf({ ...best }) })
  const isOver = () =>
    reports.length >= schedule.steps || (validation !== undefined && isPatienceExhausted(reports, validation.patience))
  /** What the weights after a step are worth; keeps them where they are the best. */
  const validate = async ({ measure }: Validation): Promise<number> => {
    const { weights, average } = stateOf(await stepper.state())
    const value = Math.fround(await measure(optimizer.ema === undefined ? weights : average))
    if (value > (bestValidation(reports)?.value ?? Number.NEGATIVE_INFINITY))
      best = { weights: copyArrays(weights), average: copyArrays(average) }
    return value
  }
  try {
    while (!isOver()) {
      if (signal.aborted) await save()
      signal.throwIfAborted()
      const step = reports.length + 1
      const batch = await loader.next()
      const rate = learningRate(step, schedule)
      const { losses, gradientNorm, logitScale } = await stepper.step(options.arrays(batch), {
        step,
        learningRate: rate,
      })
      if (!Number.isFinite(losses.loss) || !Number.isFinite(gradientNorm))
        throw new Error(notFiniteMessage(step, losses, batch))
      const isValidated = validation && (step % validation.every === 0 || step === schedule.steps)
      const report = {
        ...{ step, learningRate: rate, gradientNorm, logitScale, losses },
        ...(isValidated && { validation: await validate(validation) }),
      }
      reports.push(report)
      options.onStep(report)
      if (!isOver() && checkpointManager.isDue()) await save()
      // The step blocks this thread; give messages and signals a turn.
      await new Promise(resolve => setImmediate(resolve))
    }
    const { weights, average } = best ?? stateOf(await stepper.state())
    if (optimizer.ema === undefined) return { weights: copyArrays(weights), steps: reports }
    return { weights: copyArrays(average), last: copyArrays(weights), steps: reports }
  } finally {
    await stepper.dispose()
  }
}

/** Arrays of their own: what a session returned goes with it. */
const copyArrays = (arrays: TrainingState['weights']): TrainingResult['weights'] =>
  Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [name, floats(floatsOf(array).slice(), array.shape)]),
  )

function notFiniteMessage(step: number, losses: Readonly<Record<string, number>>, { rows }: Batch): string {
  const values = Object.entries(losses).map(([name, value]) => `${name} ${value}`)
  const keys = rows.slice(0, 8).map(row => row.key)
  const more = rows.length > keys.length ? ` and ${rows.length - keys.length} more` : ''
  return `Training stopped at step ${step}: the loss is not finite (${values.join(', ')}); the batch held ${keys.join(', ')}${more}; lower the learning rate or look at these samples`
}
