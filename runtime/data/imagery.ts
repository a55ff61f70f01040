/** The globe's imagery, and tiles cut from it that are true to ground size at every latitude. */
import { EARTH_RADIUS_KM, type GeoPoint, tangentPlane } from './geodesy.ts'
import { decodeGrey, decodeImage, type Raster } from './image.ts'

/** An equirectangular picture of the whole globe: longitude -180 at the left edge, latitude 90 at the top. */
export interface Globe {
  readonly channels: 1 | 3
  /** The picture averaged over blocks of `2^x` columns and `2^y` rows; made when first asked for. */
  level(x: number, y: number): Raster
  /** Largest `x` and `y` that divide the picture evenly. */
  readonly levels: { readonly x: number; readonly y: number }
}

/** Imagery that ships with the project's dependencies: NASA's Blue Marble and its masks. */
export interface Imagery {
  readonly photo: Globe
  /** 255 where there is water. */
  readonly water: Globe
  /** Elevation in steps of {@link METRES_PER_GREY}. */
  readonly relief: Globe
}

/** A square piece of ground, north up. */
export interface TileSpec extends GeoPoint {
  /** Width on the ground in kilometres. */
  readonly groundKm: number
  /** Side in pixels. */
  readonly size: number
}

/** Metres of elevation of one grey level of the relief picture: 16 at 1000 m to 23 at 5000 m, read off known plateaus. */
export const METRES_PER_GREY = 20

/** Grey level of the relief picture from which land counts as highland: about 1200 m. */
export const HIGHLAND_GREY = 60

/** Paths of the pictures of the globe. */
export interface ImageryFiles {
  readonly photo: string
  readonly water: string
  readonly relief: string
}

/** Opens the imagery; about 35 MB, and as much again once coarse levels are used. */
export async function openImagery(files: ImageryFiles): Promise<Imagery> {
  const [photo, water, relief] = await Promise.all([
    decodeImage(files.photo, { name: files.photo }),
    decodeGrey(files.water, { name: files.water }),
    decodeGrey(files.relief, { name: files.relief }),
  ])
  return { photo: createGlobe(photo), water: createGlobe(water), relief: createGlobe(relief) }
}

/** Wraps an equirectangular picture. */
export function createGlobe(base: Raster): Globe {
  const made: Raster[][] = [[base]]
  const level = (x: number, y: number): Raster => {
    const known = made[y]?.[x]
    if (known !== undefined) return known
    const raster = x > 0 ? halveColumns(level(x - 1, y)) : halveRows(level(x, y - 1))
    const row = made[y] ?? []
    made[y] = row
    row[x] = raster
    return raster
  }
  return { channels: base.channels, level, levels: { x: evenHalvings(base.width), y: evenHalvings(base.height) } }
}

/** Longitude and latitude of the middle of every pixel of a tile: `[size, size, 2]`, first row northernmost. */
export function placePixels(tile: TileSpec): Float64Array {
  const { size, groundKm } = tile
  const place = tangentPlane(tile)
  const step = groundKm / size
  const places = new Float64Array(size * size * 2)
  for (let pixel = 0; pixel < size * size; pixel++) {
    const [row, column] = [Math.floor(pixel / size), pixel % size]
    const at = place({ east: (column + 0.5) * step - groundKm / 2, north: groundKm / 2 - (row + 0.5) * step })
    places[2 * pixel] = at.lon
    places[2 * pixel + 1] = at.lat
  }
  return places
}

/**
 * Cuts a tile: `[size, size, channels]`, first row northernmost.
 *
 * Each pixel is read bilinearly from the level whose pixels come nearest to the tile's, by columns and rows apart:
 * columns shrink with the cosine of the latitude while rows do not, so near a pole a pixel averages many columns.
 * `places` of the same tile ({@link placePixels}) spares computing them for each picture.
 */
export function cutTile(globe: Globe, tile: TileSpec, places = placePixels(tile)): Uint8Array {
  const step = tile.groundKm / tile.size
  const rowKm = (Math.PI * EARTH_RADIUS_KM) / globe.level(0, 0).height
  const y = nearestLevel(step / rowKm, globe.levels.y)
  const out = new Uint8Array((places.length / 2) * globe.channels)
  for (let pixel = 0; 2 * pixel < places.length; pixel++) {
    const lon = places[2 * pixel] ?? 0
    const lat = places[2 * pixel + 1] ?? 0
    const x = nearestLevel(step / (rowKm * Math.cos((lat * Math.PI) / 180)), globe.levels.x)
    readBilinear(globe.level(x, y), { lon, lat }, { out, position: pixel * globe.channels })
  }
  return out
}

/** 255 where a one-channel tile reaches `threshold`, 0 elsewhere. */
export const maskFrom = (tile: Uint8Array, threshold: number): Uint8Array =>
  tile.map(value => (value >= threshold ? 255 : 0))

/** Level whose pixels, `2 ** level` times the base's, come nearest to `ratio` times the base's. */
const nearestLevel = (ratio: number, most: number): number =>
  ratio < Math.SQRT2 ? 0 : Math.min(most, Math.round(Math.log2(ratio)))

function readBilinear(
  { data, width, height, channels }: Raster,
  { lon, lat }: GeoPoint,
  { out, position }: { readonly out: Uint8Array; readonly position: number },
): void {
  const u = ((lon + 180) / 360) * width - 0.5
  const v = Math.min(height - 1, Math.max(0, ((90 - lat) / 180) * height - 0.5))
  const [left, top] = [Math.floor(u), Math.floor(v)]
  const [fu, fv] = [u - left, v - top]
  const x0 = (left + width) % width
  const x1 = (x0 + 1) % width
  const row0 = top * width
  const row1 = Math.min(top + 1, height - 1) * width
  for (let c = 0; c < channels; c++) {
    const above = (data[(row0 + x0) * channels + c] ?? 0) * (1 - fu) + (data[(row0 + x1) * channels + c] ?? 0) * fu
    const below = (data[(row1 + x0) * channels + c] ?? 0) * (1 - fu) + (data[(row1 + x1) * channels + c] ?? 0) * fu
    out[position + c] = Math.round(above * (1 - fv) + below * fv)
  }
}

function evenHalvings(length: number): number {
  let halvings = 0
  while (length % 2 ** (halvings + 1) === 0) halvings += 1
  return halvings
}

function halveColumns({ data, width, height, channels }: Raster): Raster {
  const half = new Uint8Array(data.length / 2)
  for (let pixel = 0; pixel < half.length / channels; pixel++) {
    for (let c = 0; c < channels; c++) {
      const left = 2 * pixel * channels + c
      half[pixel * channels + c] = ((data[left] ?? 0) + (data[left + channels] ?? 0) + 1) >> 1
    }
  }
  return { data: half, width: width / 2, height, channels }
}

function halveRows({ data, width, height, channels }: Raster): Raster {
  const half = new Uint8Array(data.length / 2)
  const stride = width * channels
  for (let i = 0; i < half.length; i++) {
    const above = 2 * Math.floor(i / stride) * stride + (i % stride)
    half[i] = ((data[above] ?? 0) + (data[above + stride] ?? 0) + 1) >> 1
  }
  return { data: half, width, height: height / 2, channels }
}
