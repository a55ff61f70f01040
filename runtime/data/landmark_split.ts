/** Splits of landmarks, and the plan of their tiles. */

import { UserFault } from '../../dsl/diagnostics/faults.ts'
import type { SplitName } from '../../dsl/values/split_names.ts'
import { distanceKm, tangentPlane } from './geodesy.ts'
import type { TileSpec } from './imagery.ts'
import type { Landmark } from './landmarks.ts'
import { createRandom, type Random } from './random.ts'

/** Options of {@link splitLandmarks}. */
export interface LandmarkSplitOptions {
  /** Shares of the landmarks of every kind. */
  readonly val: number
  readonly test: number
  /** Kinds whose landmarks all go to `test`. */
  readonly holdOutKinds: readonly string[]
  readonly seed: number
}

/** Options of {@link planTiles}. */
export interface TileOptions {
  /** Ground widths in kilometres. */
  readonly groundSizes: readonly number[]
  readonly tilesPerLandmark: number
  /** Side in pixels. */
  readonly size: number
  /** Kilometres: training and validation tiles nearer to a held-out landmark are dropped. */
  readonly buffer: number
  readonly seed: number
}

/** A tile to cut. */
export interface PlannedTile extends TileSpec {
  readonly key: string
  readonly split: SplitName
  readonly landmark: Landmark
}

/**
 * Assigns every landmark, by its id, to a split: each kind is shuffled and cut at the shares, with what rounding
 * leaves over carried to the next kind. Throws where a kind to hold out is unknown.
 */
export function splitLandmarks(
  landmarks: readonly Landmark[],
  options: LandmarkSplitOptions,
): ReadonlyMap<string, SplitName> {
  const byKind = new Map<string, Landmark[]>()
  for (const landmark of landmarks) byKind.set(landmark.kind, [...(byKind.get(landmark.kind) ?? []), landmark])
  for (const kind of options.holdOutKinds) {
    if (byKind.has(kind)) continue
    throw new UserFault(`No landmark is of the kind '${kind}' to hold out`, {
      place: 'split.hold_out_kinds',
      hint: `the kinds are ${[...byKind.keys()].sort().join(', ')}`,
    })
  }
  const splits = new Map<string, SplitName>()
  const owed = { test: 0, val: 0 }
  for (const [kind, members] of [...byKind].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (options.holdOutKinds.includes(kind)) {
      for (const { id } of members) splits.set(id, 'test')
      continue
    }
    const take = (split: 'test' | 'val') => {
      owed[split] += members.length * options[split]
      const count = Math.round(owed[split])
      owed[split] -= count
      return count
    }
    const [test, val] = [take('test'), take('val')]
    const shuffled = createRandom(options.seed, `split ${kind}`).shuffle(members)
    for (const [i, { id }] of shuffled.entries()) splits.set(id, i < test ? 'test' : i < test + val ? 'val' : 'train')
  }
  return splits
}

/** Plans the tiles of every landmark, in the landmarks' order; `dropped` are those that the buffer takes. */
export function planTiles(
  landmarks: readonly Landmark[],
  splits: ReadonlyMap<string, SplitName>,
  options: TileOptions,
): { readonly tiles: readonly PlannedTile[]; readonly dropped: readonly PlannedTile[] } {
  const heldOut = landmarks.filter(({ id }) => splits.get(id) === 'test')
  const planned = landmarks.flatMap(landmark =>
    tilesOf(landmark, { ...options, split: splits.get(landmark.id) ?? 'train' }),
  )
  const numbered = planned.map((tile, i) => ({ ...tile, key: `lm-${String(i).padStart(6, '0')}` }))
  const isNear = (tile: PlannedTile) =>
    tile.split !== 'test' && heldOut.some(landmark => distanceKm(tile, landmark) < options.buffer)
  const near = new Set(options.buffer > 0 ? numbered.filter(isNear) : [])
  return { tiles: numbered.filter(tile => !near.has(tile)), dropped: [...near] }
}

/** A landmark should fill between a fifth and all of its tile. */
const LEAST_FILL = 0.2

function tilesOf(landmark: Landmark, options: TileOptions & { readonly split: SplitName }): Omit<PlannedTile, 'key'>[] {
  const random = createRandom(options.seed, `tiles ${landmark.id}`)
  const sizes = suitableSizes(landmark.extentKm, options.groundSizes)
  const place = tangentPlane(landmark)
  return Array.from({ length: options.tilesPerLandmark }, (_, i) => {
    const groundKm = jitterSize(sizes[i % sizes.length] ?? 0, landmark.extentKm, random)
    // The landmark keeps inside the tile, or at least its centre within the middle eighth.
    const reach = Math.min(0.2 * groundKm, Math.max(0.0625 * groundKm, (groundKm - landmark.extentKm) / 2))
    const { lon, lat } = place({ east: random.between(-reach, reach), north: random.between(-reach, reach) })
    return { landmark, split: options.split, lon, lat, groundKm, size: options.size }
  })
}

/** Sizes that a landmark fills well; where there are none, the one that comes nearest. */
function suitableSizes(extentKm: number, groundSizes: readonly number[]): readonly number[] {
  const misfit = (size: number) => Math.max(extentKm / size, (LEAST_FILL * size) / extentKm, 1)
  const least = Math.min(...groundSizes.map(misfit))
  return groundSizes.filter(size => misfit(size) === least)
}

/** Up to 15 percent either way, as far as the landmark still fills the tile well. */
function jitterSize(size: number, extentKm: number, random: Random): number {
  const jittered = size * random.between(0.85, 1.15)
  const isSuitable = size >= extentKm && size * LEAST_FILL <= extentKm
  return isSuitable ? Math.min(extentKm / LEAST_FILL, Math.max(extentKm, jittered)) : jittered
}
