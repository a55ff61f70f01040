/** Stopping and going on: what a run knows between two steps, to and from checkpoints. */
import { createHash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { fillState, floats, type HostArray, isNdArray, leavesOf, type NdArray } from '../engine/mod.ts'
import type { Arrays } from '../model/safetensors.ts'
import { type Checkpoint, openCheckpoints } from './checkpoints.ts'
import { historyArrays, readHistory, type StepReport } from './history.ts'
import type { Schedule } from './learning_rate.ts'
import type { Loader } from './loader.ts'
import type { UpdateSpec } from './update.ts'

/** Where a run leaves checkpoints, and goes on from the last of them. */
export interface Checkpointing {
  /** A folder that outlives the process. */
  readonly folder: string
  /** Seconds between two checkpoints. */
  readonly every: number
  readonly log: (message: string) => void
  readonly warn: (message: string) => void
}

/** What is kept of a run from step to step: weights, their moments, and their average, which may be without parameters. */
export const stateNames = ['weights', 'first', 'second', 'average'] as const

export type State = Readonly<Record<(typeof stateNames)[number], Readonly<Record<string, NdArray>>>>

/** Arrays of a state on the host by path: `weights.NAME`, `first.NAME`, `second.NAME`, `average.NAME`. */
export const pathsOf = (state: State): Arrays =>
  Object.fromEntries(
    leavesOf<NdArray>(state, isNdArray).map(({ path, leaf }) => {
      if (leaf.location === 'host') return [path, leaf]
      throw new Error(`The array '${path}' is on a device`)
    }),
  )

/** The state of such arrays. */
export const stateOf = (arrays: Arrays): State => ({
  weights: under(arrays, 'weights'),
  first: under(arrays, 'first'),
  second: under(arrays, 'second'),
  average: under(arrays, 'average'),
})

/** What a run knows between two steps, beside its loader's position. */
export interface Standing {
  readonly state: State
  readonly reports: readonly StepReport[]
}

/** What keeps a run. */
export interface Keeper {
  /** Where to begin: at the newest checkpoint, to which the loader is moved, or at the first step. */
  start(): Promise<Standing>
  /** Whether the time for another checkpoint has come. */
  isDue(): boolean
  /** Saves weights, moments and averages by path, and what was measured. */
  save(standing: { readonly state: Arrays; readonly reports: readonly StepReport[] }): Promise<void>
}

/** What a keeper has to know of a run. */
export interface Kept {
  readonly weights: Readonly<Record<string, HostArray>>
  readonly optimizer: Pick<UpdateSpec, 'ema'>
  readonly schedule: Schedule
  readonly loader: Pick<Loader, 'position' | 'restore'>
  readonly checkpoints?: Checkpointing
}

/** Makes what keeps a run; without `checkpoints` it begins anew and saves nothing. */
export function openKeeper({ weights, optimizer, schedule, loader, checkpoints }: Kept): Keeper {
  const zeros = (): Readonly<Record<string, NdArray>> =>
    Object.fromEntries(
      Object.entries(weights).map(([name, { data, shape }]) => [name, floats(new Float32Array(data.length), shape)]),
    )
  const average = optimizer.ema === undefined ? {} : weights
  const initial: State = { weights, first: zeros(), second: zeros(), average }
  const anew: Standing = { state: initial, reports: [] }
  if (checkpoints === undefined) return { start: async () => anew, isDue: () => false, save: async () => {} }

  const { every, log, warn } = checkpoints
  const files = openCheckpoints(checkpoints.folder, { of: nameOf(weights, schedule), warn })
  let last = performance.now()

  const use = ({ step, arrays }: Checkpoint): Standing => {
    const state = fillState(initial, arrays)
    const reports = readHistory(under(arrays, 'history'), { steps: step, schedule })
    loader.restore(under(arrays, 'loader'))
    return { state, reports }
  }

  return {
    async start() {
      const found = await files.resume(use)
      if (found) log(`Going on from the checkpoint of step ${found.reports.length} of ${schedule.steps}`)
      last = performance.now()
      return found ?? anew
    },
    isDue: () => performance.now() - last >= every * 1000,
    async save({ state, reports }) {
      const arrays = {
        ...state,
        ...prefixed(loader.position(), 'loader'),
        ...prefixed(historyArrays(reports), 'history'),
      }
      await files.save({ step: reports.length, arrays })
      last = performance.now()
    },
  }
}

const prefixed = (arrays: Arrays, prefix: string): Arrays =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`${prefix}.${name}`, array]))

const under = (arrays: Arrays, prefix: string): Arrays =>
  Object.fromEntries(
    Object.entries(arrays).flatMap(([path, array]) =>
      path.startsWith(`${prefix}.`) ? [[path.slice(prefix.length + 1), array]] : [],
    ),
  )

/** Names a run by its schedule and the shapes of its weights; the folder already is that of one stage's key. */
function nameOf(weights: Arrays, schedule: Schedule): string {
  const shapes = Object.entries(weights).map(([name, { shape }]) => `${name}[${shape}]`)
  return createHash('sha256')
    .update(JSON.stringify([schedule, shapes]))
    .digest('hex')
}
