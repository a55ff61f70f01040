/** The training loop. */
import { UserFault } from '../../dsl/diagnostics/faults.ts'
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

/** Options of a training run. */
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
  /** The arrays of a batch, with one row for each pair. */
  readonly arrays: (batch: B) => HostArrays
  /** Inputs of every step that have no batch rows. @default none */
  readonly constants?: HostArrays
  /** Called once, with the reports of the steps before a resume. */
  readonly onStart?: (steps: readonly StepReport[]) => void
  readonly onStep: (step: StepReport) => void
  /** Absent: training ends with its last step and returns the weights after it. */
  readonly validation?: Validation | undefined
  /** Absent: a stopped run starts again from its first step. */
  readonly checkpoints?: CheckpointOptions
  readonly signal: AbortSignal
}

/** The result of training. */
export interface TrainingResult {
  /** Weights after the last step, or after the best validated one; their average if `optimizer.ema` is set. */
  readonly weights: Readonly<Record<string, HostArray>>
  /** The weights after that step, if `weights` are an average. */
  readonly last?: Readonly<Record<string, HostArray>>
  /** Reports of every step, including those before a resume. */
  readonly steps: readonly StepReport[]
}

/**
 * Trains for `schedule.steps` steps, or until patience is exhausted. A loss that is not finite stops the run with an error
 * that names the samples of the batch. An aborted signal stops it between two steps, after a checkpoint. A run that finds a
 * checkpoint resumes from it and gives, bit by bit, the result of a run without interruption.
 */
export async function train<B extends Batch>(options: TrainOptions<B>): Promise<TrainingResult> {
  const { schedule, signal, loader, validation, optimizer } = options
  const checkpointManager = openCheckpointManager(options)
  const start = await checkpointManager.restore()
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
  /** Scores the weights after a step, and copies them if they are the best so far. */
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
      if (!Number.isFinite(losses.loss) || !Number.isFinite(gradientNorm)) throw notFiniteFault(step, losses, batch)
      const isValidated = validation && (step % validation.every === 0 || step === schedule.steps)
      const report = {
        ...{ step, learningRate: rate, gradientNorm, logitScale, losses },
        ...(isValidated && { validation: await validate(validation) }),
      }
      reports.push(report)
      options.onStep(report)
      if (!isOver() && checkpointManager.isDue()) await save()
      // A step blocks this thread: let pending messages and signals be handled.
      await new Promise(resolve => setImmediate(resolve))
    }
    const { weights, average } = best ?? stateOf(await stepper.state())
    if (optimizer.ema === undefined) return { weights: copyArrays(weights), steps: reports }
    return { weights: copyArrays(average), last: copyArrays(weights), steps: reports }
  } finally {
    await stepper.dispose()
  }
}

/** Copies arrays, because those that a session returned are freed with it. */
const copyArrays = (arrays: TrainingState['weights']): TrainingResult['weights'] =>
  Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [name, floats(floatsOf(array).slice(), array.shape)]),
  )

function notFiniteFault(step: number, losses: Readonly<Record<string, number>>, { rows }: Batch): UserFault {
  const values = Object.entries(losses).map(([name, value]) => `${name} ${value}`)
  const keys = rows.slice(0, 8).map(row => row.key)
  const more = rows.length > keys.length ? ` and ${rows.length - keys.length} more` : ''
  return new UserFault(
    `Training stopped at step ${step}: the loss is not finite (${values.join(', ')}); the batch held ${keys.join(', ')}${more}`,
    { place: 'learning_rate', hint: 'lower the learning rate or look at these samples' },
  )
}
