/** Saves the state of a training run to checkpoints and resumes from them. */
import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { fillState, floats, type HostArray, type NdArray } from '../engine/mod.ts'
import type { HostArrays } from '../model/safetensors.ts'
import { type Checkpoint, openCheckpointFiles } from './checkpoint_files.ts'
import { type BestWeights, bestValidation } from './early_stopping.ts'
import { historyArrays, readHistory, type StepReport } from './history.ts'
import type { LearningRateSchedule } from './learning_rate.ts'
import type { Loader } from './loader.ts'
import { addPrefix, type TrainingState, withoutPrefix } from './state.ts'
import type { UpdateSpec } from './update.ts'

/** Options of checkpoints. */
export interface CheckpointOptions {
  /** A folder that outlives the process. */
  readonly folder: string
  /** Seconds between two checkpoints. */
  readonly every: number
  /** Number of checkpoints that are kept, the newest. */
  readonly keep: number
  readonly log: (message: string) => void
  readonly warn: (message: string) => void
}

/** The state of a run between two steps, except the position of its loader. */
export interface TrainingSnapshot {
  readonly state: TrainingState
  readonly reports: readonly StepReport[]
  /** Absent before the first validation. */
  readonly best?: BestWeights | undefined
}

/** Saves and restores one training run. */
export interface CheckpointManager {
  /** Restores the newest checkpoint, with the position of the loader, or returns the initial state. */
  restore(): Promise<TrainingSnapshot>
  /** True if the interval since the last checkpoint has passed. */
  isDue(): boolean
  save(snapshot: SnapshotArrays): Promise<void>
}

/** A snapshot with its arrays by path. */
export interface SnapshotArrays {
  readonly state: HostArrays
  readonly reports: readonly StepReport[]
  readonly best?: HostArrays | undefined
}

/** The parts of a run that its checkpoints depend on. */
export interface CheckpointedRun {
  readonly weights: Readonly<Record<string, HostArray>>
  readonly optimizer: Pick<UpdateSpec, 'ema'>
  readonly schedule: LearningRateSchedule
  readonly loader: Pick<Loader, 'position' | 'restore'>
  readonly checkpoints?: CheckpointOptions
}

/** Creates the manager. Without `checkpoints` it always returns the initial state and saves nothing. */
export function openCheckpointManager({
  weights,
  optimizer,
  schedule,
  loader,
  checkpoints,
}: CheckpointedRun): CheckpointManager {
  const zeros = (): Readonly<Record<string, NdArray>> =>
    Object.fromEntries(
      Object.entries(weights).map(([name, { data, shape }]) => [name, floats(new Float32Array(data.length), shape)]),
    )
  const average = optimizer.ema === undefined ? {} : weights
  const initial: TrainingState = { weights, first: zeros(), second: zeros(), average }
  const first: TrainingSnapshot = { state: initial, reports: [] }
  if (checkpoints === undefined) return { restore: async () => first, isDue: () => false, save: async () => {} }

  const { every, keep, log, warn } = checkpoints
  const files = openCheckpointFiles(checkpoints.folder, { run: runDigest(weights, schedule), keep, warn })
  let last = performance.now()

  const load = ({ step, arrays }: Checkpoint): TrainingSnapshot => {
    const state = fillState(initial, arrays)
    const reports = readHistory(withoutPrefix(arrays, 'history'), { steps: step, schedule })
    const bestInitial = { weights: initial.weights, average: initial.average }
    const best = bestValidation(reports) && fillState(bestInitial, withoutPrefix(arrays, 'best'))
    loader.restore(withoutPrefix(arrays, 'loader'))
    return { state, reports, best }
  }

  return {
    async restore() {
      const found = await files.resume(load)
      if (found) log(`Going on from the checkpoint of step ${found.reports.length} of ${schedule.steps}`)
      last = performance.now()
      return found ?? first
    },
    isDue: () => performance.now() - last >= every * 1000,
    async save({ state, reports, best = {} }) {
      const arrays = {
        ...state,
        ...addPrefix(loader.position(), 'loader'),
        ...addPrefix(historyArrays(reports), 'history'),
        ...addPrefix(best, 'best'),
      }
      await files.save({ step: reports.length, arrays })
      last = performance.now()
    },
  }
}

/** Identifies a run by its schedule and the shapes of its weights; its folder belongs to one stage key already. */
function runDigest(weights: HostArrays, schedule: LearningRateSchedule): string {
  const shapes = Object.entries(weights).map(([name, { shape }]) => `${name}[${shape}]`)
  return createHash('sha256')
    .update(JSON.stringify([schedule, shapes]))
    .digest('hex')
}
