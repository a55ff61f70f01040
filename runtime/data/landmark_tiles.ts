/** Makes samples of planned landmark tiles: image, masks and measured facts. */
import type { SplitName } from '../../dsl/values/split_names.ts'
import { type Country, createCountryFinder } from './countries.ts'
import { tangentPlane } from './geodesy.ts'
import { encodeJpeg, encodePng } from './image.ts'
import { cutTile, HIGHLAND_GREY, type Imagery, maskFrom, placePixels } from './imagery.ts'
import type { PlannedTile } from './landmark_split.ts'
import { createLandmarkFinder, type Landmark } from './landmarks.ts'
import type { SampleFiles } from './sample.ts'
import { beltOf, measureTile } from './tile_facts.ts'

/** Inputs of a tile maker. */
export interface TileSources {
  readonly imagery: Imagery
  /** Landmarks, cities among them, whose names tiles may carry. */
  readonly landmarks: readonly Landmark[]
  readonly splits: ReadonlyMap<string, SplitName>
  /** Empty: no names of countries. */
  readonly countries: readonly Country[]
}

/** Makes the sample of a tile. */
export type TileMaker = (tile: PlannedTile) => Promise<SampleFiles>

/** At least half of a pixel is water. */
const WATER_GREY = 128

/** JPEG quality at which tiles show no blocks. */
const QUALITY = 92

/** Names told of each kind of neighbour. */
const MOST_NAMES = 4

/**
 * Prepares a maker of samples.
 *
 * Masks: `water`, and `relief` where the land is higher than about 1200 m. Names of held-out landmarks stay out of
 * training and validation tiles.
 */
export function createTileMaker({ imagery, landmarks, splits, countries }: TileSources): TileMaker {
  const findLandmarks = createLandmarkFinder(landmarks)
  const findCountry = createCountryFinder(countries)
  return async tile => {
    const { key, split, landmark, lon, lat, groundKm, size } = tile
    const places = placePixels(tile)
    const photo = cutTile(imagery.photo, tile, places)
    const elevation = cutTile(imagery.relief, tile, places)
    const water = maskFrom(cutTile(imagery.water, tile, places), WATER_GREY)
    const highland = maskFrom(elevation, HIGHLAND_GREY)
    const inside = findLandmarks(tile).filter(
      ({ id }) => id !== landmark.id && (split === 'test' || splits.get(id) !== 'test'),
    )
    const names = (isCity: boolean) => {
      const chosen = inside.filter(({ kind }) => (kind === 'city') === isCity)
      return [...new Set(chosen.map(({ name }) => name))].slice(0, MOST_NAMES)
    }
    const grey = (data: Uint8Array) => encodePng({ data, width: size, height: size, channels: 1 })
    return {
      key,
      split,
      captions: [],
      label: landmark.kind,
      group: landmark.id,
      lon: round(lon, 4),
      lat: round(lat, 4),
      groundKm: round(groundKm, 1),
      masks: ['water', 'relief'],
      facts: {
        name: landmark.name,
        ...measureTile({ photo, water, highland, elevation, kmPerPixel: groundKm / size }),
        belt: beltOf(lat),
        hemisphere: lat < 0 ? 'southern' : 'northern',
        country: findCountry(landmark) ?? '',
        countries: countriesInside(tile, findCountry),
        cities: names(true),
        landmarks: names(false),
      },
      image: await encodeJpeg({ data: photo, width: size, height: size, channels: 3 }, QUALITY),
      maskFiles: { water: await grey(water), relief: await grey(highland) },
    }
  }
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits))

/** Countries at nine points of a tile, most frequent first. */
function countriesInside(tile: PlannedTile, find: ReturnType<typeof createCountryFinder>): readonly string[] {
  const place = tangentPlane(tile)
  const third = tile.groundKm / 3
  const counts = new Map<string, number>()
  for (const north of [third, 0, -third]) {
    for (const east of [-third, 0, third]) {
      const name = find(place({ east, north }))
      if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1)
    }
  }
  return [...counts].sort(([, a], [, b]) => b - a).map(([name]) => name)
}
