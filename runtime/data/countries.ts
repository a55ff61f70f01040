/** Countries of the world as rings of longitude and latitude (Natural Earth, by way of `world-atlas`). */
import { readFile } from 'node:fs/promises'
import type { Geometry } from 'geojson'
import { feature } from 'topojson-client'
import type { Topology } from 'topojson-specification'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import type { GeoPoint } from './geodesy.ts'

/**
 * Corners as `[lon, lat]`; first and last are equal. Longitudes run on across the date line, beyond 180 or below -180,
 * so that no edge spans the map; a ring round a pole is closed along the pole.
 */
export type GeoRing = readonly (readonly [number, number])[]

/** A country: points inside an odd number of its rings belong to it. */
export interface Country {
  readonly name: string
  readonly rings: readonly GeoRing[]
}

/** Finds the country of a place. */
export type CountryFinder = (place: GeoPoint) => string | undefined

/** Natural Earth's short forms, spelt out. */
const FULL_NAMES: { readonly [short: string]: string } = {
  'Antigua and Barb.': 'Antigua and Barbuda',
  'Ashmore and Cartier Is.': 'Ashmore and Cartier Islands',
  'Bosnia and Herz.': 'Bosnia and Herzegovina',
  'Br. Indian Ocean Ter.': 'British Indian Ocean Territory',
  'British Virgin Is.': 'British Virgin Islands',
  'Cayman Is.': 'Cayman Islands',
  'Central African Rep.': 'Central African Republic',
  'Cook Is.': 'Cook Islands',
  'Dem. Rep. Congo': 'Democratic Republic of the Congo',
  'Dominican Rep.': 'Dominican Republic',
  'Eq. Guinea': 'Equatorial Guinea',
  'Faeroe Is.': 'Faroe Islands',
  'Falkland Is.': 'Falkland Islands',
  'Fr. Polynesia': 'French Polynesia',
  'Fr. S. Antarctic Lands': 'French Southern Lands',
  'Heard I. and McDonald Is.': 'Heard and McDonald Islands',
  'Indian Ocean Ter.': 'Indian Ocean Territories',
  'Marshall Is.': 'Marshall Islands',
  'N. Cyprus': 'Northern Cyprus',
  'N. Mariana Is.': 'Northern Mariana Islands',
  'Pitcairn Is.': 'Pitcairn Islands',
  'S. Geo. and the Is.': 'South Georgia',
  'S. Sudan': 'South Sudan',
  'Solomon Is.': 'Solomon Islands',
  'St. Kitts and Nevis': 'Saint Kitts and Nevis',
  'St. Pierre and Miquelon': 'Saint Pierre and Miquelon',
  'St. Vin. and Gren.': 'Saint Vincent and the Grenadines',
  'Turks and Caicos Is.': 'Turks and Caicos Islands',
  'U.S. Virgin Is.': 'United States Virgin Islands',
  'W. Sahara': 'Western Sahara',
  'Wallis and Futuna Is.': 'Wallis and Futuna',
}

/** Reads a `world-atlas` file of countries. Throws an error that names the file where it holds none. */
export async function readCountries(path: string): Promise<readonly Country[]> {
  const topology: Topology = JSON.parse(await readFile(path, 'utf8'))
  const shapes = topology.objects.countries
  if (shapes?.type !== 'GeometryCollection') {
    throw new DataFault(`No countries in ${path}`, { hint: 'name a countries file of world-atlas', file: path })
  }
  return feature(topology, shapes).features.map(({ geometry, properties }) => {
    const name = String(properties?.name ?? '')
    return { name: FULL_NAMES[name] ?? name, rings: ringsOf(geometry) }
  })
}

/** Prepares a finder; rings whose bounds exclude a place cost next to nothing. */
export function createCountryFinder(countries: readonly Country[]): CountryFinder {
  const bounded = countries.map(({ name, rings }) => ({
    name,
    rings: rings.map(ring => ({ ring, bounds: boundsOf(ring) })),
  }))
  return ({ lon, lat }) => {
    const copies = [lon - 360, lon, lon + 360].map(copy => ({ lon: copy, lat }))
    const holds = ({ ring, bounds }: { readonly ring: GeoRing; readonly bounds: GeoBounds }) =>
      copies.some(place => isWithin(bounds, place) && isInside(ring, place))
    return bounded.find(({ rings }) => rings.filter(holds).length % 2 === 1)?.name
  }
}

function ringsOf(geometry: Geometry): GeoRing[] {
  const polygons =
    geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.type === 'MultiPolygon' ? geometry.coordinates : []
  return polygons.flat().map(ring => unwrapRing(ring))
}

function unwrapRing(ring: readonly (readonly number[])[]): GeoRing {
  let [before, turns] = [ring[0]?.[0] ?? 0, 0]
  const corners = ring.map(([lon = 0, lat = 0]) => {
    turns -= Math.round((lon - before) / 360)
    before = lon
    return [lon + 360 * turns, lat] as const
  })
  const [first, last] = [corners[0], corners.at(-1)]
  if (first === undefined || last === undefined || turns === 0) return corners
  const pole = first[1] > 0 ? 90 : -90
  return [...corners, [last[0], pole], [first[0], pole], first]
}

interface GeoBounds {
  readonly west: number
  readonly east: number
  readonly south: number
  readonly north: number
}

function boundsOf(ring: GeoRing): GeoBounds {
  const bounds = { west: Infinity, east: -Infinity, south: Infinity, north: -Infinity }
  for (const [lon, lat] of ring) {
    bounds.west = Math.min(bounds.west, lon)
    bounds.east = Math.max(bounds.east, lon)
    bounds.south = Math.min(bounds.south, lat)
    bounds.north = Math.max(bounds.north, lat)
  }
  return bounds
}

const isWithin = ({ west, east, south, north }: GeoBounds, { lon, lat }: GeoPoint): boolean =>
  lon >= west && lon <= east && lat >= south && lat <= north

/** Counts the edges that a ray to the east crosses. */
function isInside(ring: GeoRing, { lon, lat }: GeoPoint): boolean {
  let inside = false
  for (let i = 1; i < ring.length; i++) {
    const [[x0, y0], [x1, y1]] = [ring[i - 1] ?? [0, 0], ring[i] ?? [0, 0]]
    if (y0 > lat !== y1 > lat && lon < x0 + ((lat - y0) / (y1 - y0)) * (x1 - x0)) inside = !inside
  }
  return inside
}
