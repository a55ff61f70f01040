/** The state of a run, and its arrays by path. */
import { isNdArray, leavesOf, type NdArray, type Tree } from '../engine/mod.ts'
import type { HostArrays } from '../model/safetensors.ts'

/** What is kept of a run from step to step: weights, their moments, and their average, which may be without parameters. */
export const stateNames = ['weights', 'first', 'second', 'average'] as const

export type TrainingState = Readonly<Record<(typeof stateNames)[number], Readonly<Record<string, NdArray>>>>

/** Arrays of a state on the host by path: `weights.NAME`, `first.NAME`, `second.NAME`, `average.NAME`. */
export const pathsOf = (state: Partial<TrainingState>): HostArrays => hostArrays(state)

/** The arrays of a tree by path; throws where one is on a device. */
export const hostArrays = (tree: Tree<NdArray>): HostArrays =>
  Object.fromEntries(
    leavesOf<NdArray>(tree, isNdArray).map(({ path, leaf }) => {
      if (leaf.location === 'host') return [path, leaf]
      throw new Error(`The array '${path}' is on a device`)
    }),
  )

/** The state of such arrays. */
export const stateOf = (arrays: HostArrays): TrainingState => ({
  weights: withoutPrefix(arrays, 'weights'),
  first: withoutPrefix(arrays, 'first'),
  second: withoutPrefix(arrays, 'second'),
  average: withoutPrefix(arrays, 'average'),
})

/** Arrays by paths under a name. */
export const addPrefix = (arrays: HostArrays, prefix: string): HostArrays =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`${prefix}.${name}`, array]))

/** What `prefixed` put under a name. */
export const withoutPrefix = (arrays: HostArrays, prefix: string): HostArrays =>
  Object.fromEntries(
    Object.entries(arrays).flatMap(([path, array]) =>
      path.startsWith(`${prefix}.`) ? [[path.slice(prefix.length + 1), array]] : [],
    ),
  )
