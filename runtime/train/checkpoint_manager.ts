/** Stopping and going on: what a run knows between two steps, to and from checkpoints. */
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

/** Where a run leaves checkpoints, and goes on from the last of them. */
export interface CheckpointOptions {
  /** A folder that outlives the process. */
  readonly folder: string
  /** Seconds between two checkpoints. */
  readonly every: number
  /** How many stay, the newest. */
  readonly keep: number
  readonly log: (message: string) => void
  readonly warn: (message: string) => void
}

/** What a run knows between two steps, beside its loader's position. */
export interface TrainingSnapshot {
  readonly state: TrainingState
  readonly reports: readonly StepReport[]
  /** Absent before the first validation. */
  readonly best?: BestWeights | undefined
}

/** What keeps a run. */
export interface CheckpointManager {
  /** Where to begin: at the newest checkpoint, to which the loader is moved, or at the first step. */
  start(): Promise<TrainingSnapshot>
  /** Whether the time for another checkpoint has come. */
  isDue(): boolean
  save(standing: SnapshotArrays): Promise<void>
}

/** A standing with its arrays by path. */
export interface SnapshotArrays {
  readonly state: HostArrays
  readonly reports: readonly StepReport[]
  readonly best?: HostArrays | undefined
}

/** What a keeper has to know of a run. */
export interface CheckpointedRun {
  readonly weights: Readonly<Record<string, HostArray>>
  readonly optimizer: Pick<UpdateSpec, 'ema'>
  readonly schedule: LearningRateSchedule
  readonly loader: Pick<Loader, 'position' | 'restore'>
  readonly checkpoints?: CheckpointOptions
}

/** Makes what keeps a run; without `checkpoints` it begins anew and saves nothing. */
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
  const anew: TrainingSnapshot = { state: initial, reports: [] }
  if (checkpoints === undefined) return { start: async () => anew, isDue: () => false, save: async () => {} }

  const { every, keep, log, warn } = checkpoints
  const files = openCheckpointFiles(checkpoints.folder, { of: runDigest(weights, schedule), keep, warn })
  let last = performance.now()

  const use = ({ step, arrays }: Checkpoint): TrainingSnapshot => {
    const state = fillState(initial, arrays)
    const reports = readHistory(withoutPrefix(arrays, 'history'), { steps: step, schedule })
    const kept = { weights: initial.weights, average: initial.average }
    const best = bestValidation(reports) && fillState(kept, withoutPrefix(arrays, 'best'))
    loader.restore(withoutPrefix(arrays, 'loader'))
    return { state, reports, best }
  }

  return {
    async start() {
      const found = await files.resume(use)
      if (found) log(`Going on from the checkpoint of step ${found.reports.length} of ${schedule.steps}`)
      last = performance.now()
      return found ?? anew
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

/** Names a run by its schedule and the shapes of its weights; the folder already is that of one stage's key. */
function runDigest(weights: HostArrays, schedule: LearningRateSchedule): string {
  const shapes = Object.entries(weights).map(([name, { shape }]) => `${name}[${shape}]`)
  return createHash('sha256')
    .update(JSON.stringify([schedule, shapes]))
    .digest('hex')
}
