/** Facts measured on a tile: what captions may say, and nothing that is not so. */
import { type Colour, nameColour } from './colours.ts'
import { METRES_PER_GREY } from './imagery.ts'
import { locateMask, type MaskLocation } from './mask_location.ts'
import type { Sample } from './sample.ts'

/** Classes of height and ruggedness of the land of a tile; `rising` is high and smooth, as ice caps are. */
export const reliefs = ['none', 'flat', 'hilly', 'upland', 'plateau', 'rising', 'mountains', 'high mountains'] as const

/** One of {@link reliefs}. */
export type Relief = (typeof reliefs)[number]

/** Belts of latitude. */
export type Belt = 'tropical' | 'subtropical' | 'temperate' | 'subpolar' | 'polar'

/** Facts that {@link measureTile} measures; written to `Sample.facts` under the same names. */
export interface TileFacts {
  /** 0 to 1. */
  readonly water_share: number
  readonly water_where: MaskLocation
  readonly relief: Relief
  /** Metres, to the nearest hundred; of the land, 0 where there is none. */
  readonly elevation_mean: number
  readonly elevation_max: number
  readonly highland_share: number
  readonly highland_where: MaskLocation
  /** Mean grey, 0 to 255. */
  readonly brightness: number
  /** At most three, each on a tenth of the tile or more, widest first. */
  readonly colours: readonly Colour[]
  /** Location of each of `colours`. */
  readonly colours_where: readonly MaskLocation[]
  readonly [name: string]: Sample['facts'][string]
}

/** Pixels of one tile: RGB, masks of 0 or 255, and grey elevation. */
export interface TilePixels {
  readonly photo: Uint8Array
  readonly water: Uint8Array
  readonly highland: Uint8Array
  readonly elevation: Uint8Array
  readonly kmPerPixel: number
}

/** Measures a tile. */
export function measureTile({ photo, water, highland, elevation, kmPerPixel }: TilePixels): TileFacts {
  const heights = elevation.filter((_, pixel) => water[pixel] === 0).sort()
  const metres = (grey: number) => Math.round((grey * METRES_PER_GREY) / 100) * 100
  const shown = dominantColours(photo)
  return {
    water_share: round3(shareOf(water)),
    water_where: locateMask(water),
    relief: heights.length < 0.02 * water.length ? 'none' : nameRelief(heights, slopeOf(elevation, water) / kmPerPixel),
    elevation_mean: metres(heights.length === 0 ? 0 : heights.reduce((sum, grey) => sum + grey, 0) / heights.length),
    elevation_max: metres(heights.at(-1) ?? 0),
    highland_share: round3(shareOf(highland)),
    highland_where: locateMask(highland),
    brightness: Math.round(meanGrey(photo)),
    colours: shown.map(({ colour }) => colour),
    colours_where: shown.map(({ where }) => where),
  }
}

/** Belt of a latitude in degrees: the tropics, the polar circles, and 35 and 55 degrees between. */
export function beltOf(lat: number): Belt {
  const distance = Math.abs(lat)
  if (distance < 23.44) return 'tropical'
  if (distance < 35) return 'subtropical'
  if (distance < 55) return 'temperate'
  return distance < 66.56 ? 'subpolar' : 'polar'
}

const round3 = (share: number): number => Math.round(share * 1000) / 1000

function shareOf(mask: Uint8Array): number {
  let set = 0
  for (const value of mask) if (value > 0) set += 1
  return set / mask.length
}

/** Rec. 601 luma. */
function meanGrey(photo: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < photo.length; i += 3) {
    sum += 0.299 * (photo[i] ?? 0) + 0.587 * (photo[i + 1] ?? 0) + 0.114 * (photo[i + 2] ?? 0)
  }
  return sum / (photo.length / 3)
}

/** `heights` are the sorted grey levels of the land, `slope` is in metres a kilometre; bounds were set on known ranges. */
function nameRelief(heights: Uint8Array, slope: number): Relief {
  const at = (quantile: number) => (heights[Math.floor(quantile * (heights.length - 1))] ?? 0) * METRES_PER_GREY
  const [low, high] = [at(0.05), at(0.95)]
  if (high < 300) return 'flat'
  if (high < 700) return 'hilly'
  if (high < 1300) return 'upland'
  if (high - low < 1000) return 'plateau'
  if (slope < 3) return 'rising'
  return high < 2800 ? 'mountains' : 'high mountains'
}

/** Mean difference in metres between neighbours in a row that are both land. */
function slopeOf(elevation: Uint8Array, water: Uint8Array): number {
  const size = Math.sqrt(elevation.length)
  let [sum, pairs] = [0, 0]
  for (let pixel = 1; pixel < elevation.length; pixel++) {
    if (pixel % size === 0 || water[pixel] !== 0 || water[pixel - 1] !== 0) continue
    sum += Math.abs((elevation[pixel] ?? 0) - (elevation[pixel - 1] ?? 0))
    pairs += 1
  }
  return pairs === 0 ? 0 : (sum / pairs) * METRES_PER_GREY
}

function dominantColours(photo: Uint8Array): readonly { readonly colour: Colour; readonly where: MaskLocation }[] {
  const pixels = photo.length / 3
  const masks = new Map<Colour, Uint8Array>()
  for (let pixel = 0; pixel < pixels; pixel++) {
    const colour = nameColour(photo[3 * pixel] ?? 0, photo[3 * pixel + 1] ?? 0, photo[3 * pixel + 2] ?? 0)
    const mask = masks.get(colour) ?? new Uint8Array(pixels)
    masks.set(colour, mask)
    mask[pixel] = 255
  }
  return [...masks]
    .map(([colour, mask]) => ({ colour, mask, share: shareOf(mask) }))
    .filter(({ share }) => share >= 0.1)
    .sort((a, b) => b.share - a.share || (a.colour < b.colour ? -1 : 1))
    .slice(0, 3)
    .map(({ colour, mask }) => ({ colour, where: locateMask(mask) }))
}
