/** Source `landmarks`: satellite tiles around map landmarks, and their captions. */

import type { Count, Distance, Path, Share } from '../../recipe/scalars.ts'
import type { Captioner } from '../captioners/specs.ts'
import { metricsIn, type SourceDefinition } from '../definition.ts'
import { draft, type Expanding, input } from '../draft.ts'
import type { FilledLandmarkSource } from '../filled.ts'
import { imagery, places } from '../package_files.ts'
import { dataNeeds, defineStage } from '../stage.ts'
import { lackOfHumanLabels } from './file_source.ts'
import { checkShares, splitsOfShares } from './shares.ts'

/**
 * Satellite tiles around map landmarks, with captions about the contents of the footprint.
 * @source Barzilai et al., arXiv 2503.08722: RS-Landmarks
 */
export interface LandmarkSource {
  kind: 'landmarks'
  /** GeoJSON points with `name`, `kind` and `extent_km`. */
  table: Path
  /** Imagery to cut tiles from. `blue-marble` ships with the project's dependencies. */
  imagery: 'blue-marble'
  /** Adds countries' names to captions. @default true */
  countries?: boolean
  /** Adds cities of at least this many people as landmarks and to captions; absent: none. */
  cities_above?: Count
  /** Ground widths of tiles. @minItems 1 @examples [["300km", "600km"]] */
  ground_sizes: Distance[]
  /** Tiles of each landmark, spread over the ground sizes with jittered centres. @default 4 @minimum 1 @asType integer */
  tiles_per_landmark?: number
  /** Side of a stored tile. @default 80 @minimum 16 @maximum 1024 @asType integer @unit pixels */
  tile_size?: number
  /** Assignment of landmarks to splits; tiles of different splits never overlap. @default {} */
  split?: LandmarkSplit
  /** The writer of captions. */
  captions: Captioner
  /**
   * Human label of all its images: whether they are overhead views. A `classifier` filter learns from labels. Absent:
   * they have none.
   */
  overhead?: boolean
}

/** Splits by landmark: all tiles of one landmark are in one split. */
export interface LandmarkSplit {
  /** Share of landmarks for validation. Absent: 0.05, or none where `test` leaves less. */
  val?: Share
  /** Share of landmarks held out for tests. @default 0.15 */
  test?: Share
  /**
   * Training and validation tiles whose centre is nearer than this to a held-out landmark are dropped.
   * @default "0km"
   */
  buffer?: Distance
  /** Landmark kinds held out entirely. @default [] @examples [["lake", "island"]] @source Barzilai et al., arXiv 2503.08722: the hold-out of 89 landmark categories */
  hold_out_kinds?: string[]
}

const tiles = defineStage({
  kind: 'landmarks',
  version: 2,
  needs: dataNeeds,
  spec(
    { kind: _, table, captions: __, overhead: ___, cities_above, split, ...rest }: FilledLandmarkSource,
    { seed }: Expanding,
  ) {
    return {
      params: { ...rest, split: withValidation(split), cities_above: cities_above ?? null, seed },
      files: { table },
      packages: {
        ...imagery,
        ...(rest.countries && { countries: places.countries }),
        ...(cities_above !== undefined && { cities: places.cities }),
      },
    }
  },
})

/** A split with its share for validation. */
const withValidation = <Split extends { readonly val?: number; readonly test: number }>(split: Split) => ({
  val: split.test > 0.95 ? 0 : 0.05,
  ...split,
})

const captioned = defineStage({
  kind: 'caption',
  version: 2,
  needs: dataNeeds,
  spec: (name: string, { captions, overhead }: FilledLandmarkSource, { seed }: Expanding) => ({
    params: { captions, ...(overhead !== undefined && { overhead }), seed },
    inputs: { data: input(tilesOf(name)) },
  }),
})

const tilesOf = (name: string): string => `${name}.tiles`

/** Tiles are cut first and captioned then, so that new captions cut no tiles again. */
export const landmarks = {
  kind: 'landmarks',
  stages: [tiles, captioned],
  provides({ split, overhead }) {
    const splits = splitsOfShares(withValidation(split))
    const holdsOut = split.hold_out_kinds.length > 0 && !splits.includes('test')
    return {
      splits: holdsOut ? [...splits, 'test'] : splits,
      masks: ['water', 'relief'],
      lacks: lackOfHumanLabels({ overhead }),
    }
  },
  paths: ({ table }) => [{ path: table, at: ['table'], wanted: 'file' }],
  material: ({ table, split }) => ({ files: [`table ${table}`], split: [withValidation(split)] }),
  check: ({ split, ground_sizes }) => [
    ...checkShares(withValidation(split)),
    ...ground_sizes.flatMap((size, index) =>
      size === 0
        ? [{ code: 'out-of-range', at: ['ground_sizes', index], message: 'A tile is wider than 0 m' } as const]
        : [],
    ),
  ],
  metrics: name => [
    {
      stage: tilesOf(name),
      kind: tiles.kind,
      metrics: metricsIn('count', ['tiles', 'landmarks', 'dropped', 'train', 'val', 'test']),
    },
    {
      stage: name,
      kind: captioned.kind,
      metrics: [
        ...metricsIn('count', ['captions']),
        ...metricsIn('share', ['distinct_share']),
        ...metricsIn('words', ['mean_words']),
      ],
    },
  ],
  expand(name, source, expanding) {
    const path = ['sources', name]
    return [
      draft(tiles, { id: tilesOf(name), path }, source, expanding),
      draft(captioned, { id: name, path }, name, source, expanding),
    ]
  },
} as const satisfies SourceDefinition<'landmarks', FilledLandmarkSource>
