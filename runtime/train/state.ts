/** The state of a training run, as a tree and as arrays by path. */
import { isNdArray, leavesOf, type NdArray, type Tree } from '../engine/mod.ts'
import type { HostArrays } from '../model/safetensors.ts'

/** The parts of the state: weights, their first and second moments, and their average, which is empty if none is kept. */
export const stateNames = ['weights', 'first', 'second', 'average'] as const

/** The state of a run: arrays by part and parameter. */
export type TrainingState = Readonly<Record<(typeof stateNames)[number], Readonly<Record<string, NdArray>>>>

/** Arrays of a state on the host by path: `weights.NAME`, `first.NAME`, `second.NAME`, `average.NAME`. */
export const pathsOf = (state: Partial<TrainingState>): HostArrays => hostArrays(state)

/** The arrays of a tree by path; throws if one is on a device. */
export const hostArrays = (tree: Tree<NdArray>): HostArrays =>
  Object.fromEntries(
    leavesOf<NdArray>(tree, isNdArray).map(({ path, leaf }) => {
      if (leaf.location === 'host') return [path, leaf]
      throw new Error(`The array '${path}' is on a device`)
    }),
  )

/** Rebuilds the state from such arrays. */
export const stateOf = (arrays: HostArrays): TrainingState => ({
  weights: withoutPrefix(arrays, 'weights'),
  first: withoutPrefix(arrays, 'first'),
  second: withoutPrefix(arrays, 'second'),
  average: withoutPrefix(arrays, 'average'),
})

/** Adds `PREFIX.` to the names of arrays. */
export const addPrefix = (arrays: HostArrays, prefix: string): HostArrays =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`${prefix}.${name}`, array]))

/** The arrays whose names begin with `PREFIX.`, without it. */
export const withoutPrefix = (arrays: HostArrays, prefix: string): HostArrays =>
  Object.fromEntries(
    Object.entries(arrays).flatMap(([path, array]) =>
      path.startsWith(`${prefix}.`) ? [[path.slice(prefix.length + 1), array]] : [],
    ),
  )
