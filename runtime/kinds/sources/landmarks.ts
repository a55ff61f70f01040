/** Stage `landmarks`: tiles of satellite imagery around the landmarks of a table, split by landmark. */
import type { SplitName } from '../../../dsl/values/split_names.ts'
import { readCountries } from '../../data/countries.ts'
import { createDataset } from '../../data/dataset.ts'
import { openImagery } from '../../data/imagery.ts'
import { type PlannedTile, planTiles, splitLandmarks } from '../../data/landmark_split.ts'
import { createTileMaker } from '../../data/landmark_tiles.ts'
import { type Landmark, readCities, readLandmarks } from '../../data/landmarks.ts'
import type { StageContext, StageResult } from '../context.ts'
import type { Exhibit } from '../exhibit.ts'

type LandmarksContext = StageContext<'landmarks'>

/** Tiles in work together, so that encoding overlaps cutting. */
const AT_ONCE = 16

/**
 * Cuts the tiles and writes them as a dataset without captions.
 *
 * Metrics: `tiles`, `landmarks`, `dropped` (tiles that the buffer took), `train`, `val` and `test` (tiles).
 */
export async function run({ params, files, out, report, signal }: LandmarksContext): Promise<StageResult> {
  const landmarks = await openLandmarks(params, files)
  const { split, seed } = params
  const splits = splitLandmarks(landmarks, {
    val: split.val,
    test: split.test,
    holdOutKinds: split.hold_out_kinds,
    seed,
  })
  const { tiles, dropped } = planTiles(landmarks, splits, {
    groundSizes: params.ground_sizes.map(metres => metres / 1000),
    tilesPerLandmark: params.tiles_per_landmark,
    size: params.tile_size,
    buffer: split.buffer / 1000,
    seed,
  })
  if (dropped.length > 0) report.log(`Dropped ${dropped.length} tiles too near to held-out landmarks`)
  const imagery = await openImagery(files)
  const countries = files.countries === undefined ? [] : await readCountries(files.countries)
  const makeTile = createTileMaker({ imagery, landmarks, splits, countries })
  const dataset = await createDataset(out)
  for (let done = 0; done < tiles.length; done += AT_ONCE) {
    signal.throwIfAborted()
    report.progress({ done, total: tiles.length, unit: 'tiles' })
    for (const sample of await Promise.all(tiles.slice(done, done + AT_ONCE).map(makeTile))) await dataset.add(sample)
  }
  await dataset.close()
  const count = (name: SplitName) => tiles.filter(tile => tile.split === name).length
  return {
    metrics: {
      tiles: tiles.length,
      landmarks: landmarks.length,
      dropped: dropped.length,
      train: count('train'),
      val: count('val'),
      test: count('test'),
    },
    summary: `${tiles.length.toLocaleString('en')} tiles of ${landmarks.length.toLocaleString('en')} landmarks`,
    exhibits: [countsTable({ landmarks, tiles, dropped })],
  }
}

async function openLandmarks(
  { cities_above }: LandmarksContext['params'],
  { table, cities }: LandmarksContext['files'],
): Promise<readonly Landmark[]> {
  const landmarks = await readLandmarks(table)
  if (cities_above === null || cities === undefined) return landmarks
  return [...landmarks, ...(await readCities(cities, cities_above))]
}

interface Counted {
  readonly landmarks: readonly Landmark[]
  readonly tiles: readonly PlannedTile[]
  readonly dropped: readonly PlannedTile[]
}

function countsTable({ landmarks, tiles, dropped }: Counted): Exhibit {
  const row = (name: string, isCounted: (landmark: Landmark) => boolean) => {
    const own = tiles.filter(({ landmark }) => isCounted(landmark))
    const ofSplit = (split: SplitName) => own.filter(tile => tile.split === split).length
    const lost = dropped.filter(({ landmark }) => isCounted(landmark)).length
    return [name, landmarks.filter(isCounted).length, ofSplit('train'), ofSplit('val'), ofSplit('test'), lost]
  }
  const kinds = [...new Set(landmarks.map(({ kind }) => kind))].sort()
  return {
    kind: 'table',
    title: 'Tiles by kind and split',
    note: 'All tiles of a landmark are in one split; tiles too near to a held-out landmark are dropped from training.',
    columns: ['Kind', 'Landmarks', 'Train', 'Val', 'Test', 'Dropped'],
    rows: [...kinds.map(name => row(name, ({ kind }) => kind === name)), row('all', () => true)],
  }
}
