/** Checks `recipes/data/landmarks.geojson` against the imagery, water mask and topography of `three-globe`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import sharp from 'sharp'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { projectRoot } from '../support.ts'

interface Landmark {
  readonly name: string
  readonly kind: string
  readonly extentKm: number
  readonly lon: number
  readonly lat: number
}

type Point = readonly [lon: number, lat: number]

interface Raster {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
  readonly channels: number
}

interface Feature {
  readonly properties: { readonly name: string; readonly kind: string; readonly extent_km: number }
  readonly geometry: { readonly coordinates: readonly [number, number] }
}

// Reading

const exactly = (properties: object) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
})
const isFeature = new Ajv().compile<Feature>(
  exactly({
    type: { const: 'Feature' },
    properties: exactly({
      name: { type: 'string', pattern: '^\\S+( \\S+)*$' },
      kind: { type: 'string' },
      extent_km: { type: 'integer', minimum: 50, maximum: 2000 },
    }),
    geometry: exactly({
      type: { const: 'Point' },
      coordinates: {
        type: 'array',
        items: [
          { type: 'number', minimum: -180, maximum: 180 },
          { type: 'number', minimum: -90, maximum: 90 },
        ],
        minItems: 2,
        additionalItems: false,
      },
    }),
  }),
)

/** Reads one line of the table; throws with the line where it is not a landmark. */
function readLandmark(line: string): Landmark {
  const feature: unknown = JSON.parse(line.replace(/,$/, ''))
  if (!isFeature(feature)) throw new Error(`Not a landmark: ${line} (${JSON.stringify(isFeature.errors)})`)
  const { name, kind, extent_km: extentKm } = feature.properties
  const [lon, lat] = feature.geometry.coordinates
  return { name, kind, extentKm, lon, lat }
}

const imageFolder = fileURLToPath(new URL('../example/img', import.meta.resolve('three-globe')))

async function readRaster(file: string, channels: 1 | 3): Promise<Raster> {
  const image = sharp(join(imageFolder, file)).removeAlpha()
  const pixels = channels === 1 ? image.extractChannel(0) : image
  const { data, info } = await pixels.raw().toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height, channels: info.channels }
}

const path = join(projectRoot, 'recipes/data/landmarks.geojson')
const text = readFileSync(path, 'utf8')
const lines = text.split('\n')
const landmarks = lines.slice(1, -2).map(readLandmark)
/** 0 land to 255 water, about 25 km a pixel. */
const waterMask = await readRaster('earth-water.png', 1)
/** 0 sea level and below, then about 20 m a step, about 20 km a pixel. */
const topography = await readRaster('earth-topology.png', 1)
/** About 10 km a pixel; snow as in a northern winter, sea floors shaded. */
const imagery = await readRaster('earth-blue-marble.jpg', 3)

// Geometry

const radians = Math.PI / 180
const earthRadiusKm = 6371

/** Where one arrives after `km` on a great circle at `bearing` radians from north. */
function destination({ lon, lat }: Landmark, { km, bearing }: { km: number; bearing: number }): Point {
  const angle = km / earthRadiusKm
  const from = lat * radians
  const sine = Math.sin(from) * Math.cos(angle) + Math.cos(from) * Math.sin(angle) * Math.cos(bearing)
  const east = Math.sin(bearing) * Math.sin(angle) * Math.cos(from)
  const turn = Math.atan2(east, Math.cos(angle) - Math.sin(from) * sine)
  return [((lon + turn / radians + 540) % 360) - 180, Math.asin(sine) / radians]
}

/** Points spread evenly over the ring between two distances from a landmark. */
function ring(landmark: Landmark, fromKm: number, { toKm }: { toKm: number }): Point[] {
  const count = 240
  const golden = Math.PI * (3 - Math.sqrt(5))
  return Array.from({ length: count }, (_, i) => {
    const km = Math.sqrt(fromKm ** 2 + ((toKm ** 2 - fromKm ** 2) * (i + 0.5)) / count)
    return destination(landmark, { km, bearing: i * golden })
  })
}

const disc = (landmark: Landmark, radiusKm: number): Point[] => ring(landmark, 0, { toKm: radiusKm })
/** About one pixel of the water mask, more for large landmarks. */
const centre = (landmark: Landmark): Point[] => disc(landmark, Math.min(30, Math.max(8, landmark.extentKm / 16)))
const core = (landmark: Landmark): Point[] => disc(landmark, landmark.extentKm / 4)
const whole = (landmark: Landmark): Point[] => disc(landmark, landmark.extentKm / 2)
const surroundings = (landmark: Landmark): Point[] =>
  ring(landmark, 0.6 * landmark.extentKm, { toKm: 1.2 * landmark.extentKm })

// Measuring

function valueAt(raster: Raster, [lon, lat]: Point, channel = 0): number {
  const x = Math.min(raster.width - 1, Math.floor(((lon + 180) / 360) * raster.width))
  const y = Math.min(raster.height - 1, Math.floor(((90 - lat) / 180) * raster.height))
  return raster.data[(y * raster.width + x) * raster.channels + channel] ?? Number.NaN
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? Number.NaN
const spread = (values: readonly number[]): number => {
  const middle = mean(values)
  return Math.sqrt(mean(values.map(value => (value - middle) ** 2)))
}

const waterShare = (points: readonly Point[]): number => mean(points.map(point => valueAt(waterMask, point))) / 255
const heights = (points: readonly Point[]): number[] => points.map(point => valueAt(topography, point))
const colourRatio = (points: readonly Point[], [upper, lower]: readonly [number, number]): number =>
  mean(points.map(point => valueAt(imagery, point, upper))) / mean(points.map(point => valueAt(imagery, point, lower)))
const brightness = (points: readonly Point[]): number[] =>
  points.map(p => 0.2126 * valueAt(imagery, p) + 0.7152 * valueAt(imagery, p, 1) + 0.0722 * valueAt(imagery, p, 2))

/** By bearing, in steps of 10 degrees: is water (or land) met within `reachKm`? */
function met(landmark: Landmark, wanted: 'water' | 'land', { reachKm }: { reachKm: number }): boolean[] {
  return Array.from({ length: 36 }, (_, step) =>
    Array.from({ length: 24 }, (_, i) => ((i + 1) / 24) * reachKm).some(km => {
      const value = valueAt(waterMask, destination(landmark, { km, bearing: step * 10 * radians }))
      return wanted === 'water' ? value >= 192 : value < 128
    }),
  )
}

/** Bearings with a meeting that is answered from the opposite side, 30 degrees more or less, of 36. */
function facing(meetings: readonly boolean[]): number {
  const answered = (step: number) => [15, 16, 17, 18, 19, 20, 21].some(turn => meetings[(step + turn) % 36])
  return meetings.filter((hit, step) => hit && answered(step)).length
}

/** Median height of the Earth's land, every pixel weighted by its area. */
function landMedian(): number {
  const areas = new Array<number>(256).fill(0)
  for (let y = 0; y < topography.height; y++) {
    const lat = 90 - ((y + 0.5) / topography.height) * 180
    for (let x = 0; x < topography.width; x++) {
      const point: Point = [((x + 0.5) / topography.width) * 360 - 180, lat]
      if (valueAt(waterMask, point) >= 128) continue
      const height = valueAt(topography, point)
      areas[height] = (areas[height] ?? 0) + Math.cos(lat * radians)
    }
  }
  const half = areas.reduce((sum, area) => sum + area, 0) / 2
  let below = 0
  return areas.findIndex(area => {
    below += area
    return below >= half
  })
}
const medianHeight = landMedian()

// What the imagery must show

/** Water shares run from 0 to 1, brightness from 0 to 255; heights are in steps of the topography, bearings of 36. */
const measures = {
  waterAtCentre: (landmark: Landmark) => waterShare(centre(landmark)),
  waterInCore: (landmark: Landmark) => waterShare(core(landmark)),
  waterInWhole: (landmark: Landmark) => waterShare(whole(landmark)),
  waterInReach: (landmark: Landmark) => waterShare(disc(landmark, landmark.extentKm)),
  waterAround: (landmark: Landmark) => waterShare(surroundings(landmark)),
  bearingsToWater: (landmark: Landmark) =>
    met(landmark, 'water', { reachKm: landmark.extentKm }).filter(Boolean).length,
  facingLand: (landmark: Landmark) => facing(met(landmark, 'land', { reachKm: landmark.extentKm })),
  facingWater: (landmark: Landmark) => facing(met(landmark, 'water', { reachKm: landmark.extentKm })),
  brightness: (landmark: Landmark) => mean(brightness(core(landmark))),
  contrast: (landmark: Landmark) =>
    quantile(brightness(core(landmark)), 0.9) / quantile(brightness(surroundings(landmark)), 0.5),
  redOverGreen: (landmark: Landmark) => colourRatio(core(landmark), [0, 1]),
  greenOverBlue: (landmark: Landmark) => colourRatio(core(landmark), [1, 2]),
  height: (landmark: Landmark) => quantile(heights(core(landmark)), 0.5),
  peak: (landmark: Landmark) => Math.max(...heights(whole(landmark))),
  ruggedness: (landmark: Landmark) => spread(heights(whole(landmark))),
  ruggednessOfCore: (landmark: Landmark) => spread(heights(core(landmark))),
  distanceFromEquator: (landmark: Landmark) => Math.abs(landmark.lat),
}

interface Bound {
  readonly measure: keyof typeof measures
  readonly atLeast: number
  readonly atMost: number
}

const within = (measure: Bound['measure'], { atLeast = 0, atMost = Infinity }): Bound => ({
  measure,
  atLeast,
  atMost,
})

const inland = within('waterInCore', { atMost: 0.2 })

const rules: ReadonlyMap<string, readonly Bound[]> = new Map([
  [
    'archipelago',
    [within('waterInReach', { atLeast: 0.45, atMost: 0.998 }), within('waterInWhole', { atMost: 0.995 })],
  ],
  [
    'boreal forest',
    [
      inland,
      within('brightness', { atMost: 100 }),
      within('redOverGreen', { atMost: 1 }),
      within('distanceFromEquator', { atLeast: 45, atMost: 68 }),
    ],
  ],
  [
    'desert',
    [
      inland,
      within('brightness', { atLeast: 75 }),
      within('redOverGreen', { atLeast: 1.05 }),
      within('greenOverBlue', { atLeast: 1.15 }),
    ],
  ],
  ['gulf', [within('waterAtCentre', { atLeast: 0.8 }), within('waterInReach', { atLeast: 0.1, atMost: 0.8 })]],
  ['ice cap', [within('waterAtCentre', { atMost: 0.2 }), within('brightness', { atLeast: 135 })]],
  ['island', [within('waterAtCentre', { atMost: 0.5 }), within('bearingsToWater', { atLeast: 24 })]],
  ['lake', [within('waterAtCentre', { atLeast: 0.5 }), within('waterAround', { atMost: 0.6 })]],
  ['mountain range', [inland, within('peak', { atLeast: 2 * medianHeight }), within('ruggedness', { atLeast: 6 })]],
  ['peninsula', [within('waterAtCentre', { atMost: 0.5 }), within('facingWater', { atLeast: 8 })]],
  ['plain', [inland, within('ruggednessOfCore', { atMost: 12 }), within('greenOverBlue', { atLeast: 1.2 })]],
  ['rainforest', [inland, within('brightness', { atMost: 55 }), within('redOverGreen', { atMost: 0.9 })]],
  ['river delta', [within('waterInReach', { atLeast: 0.1, atMost: 0.8 }), within('height', { atMost: 1 })]],
  ['salt flat', [within('waterAtCentre', { atMost: 0.5 }), within('contrast', { atLeast: 1.25 })]],
  [
    'savanna',
    [
      inland,
      within('brightness', { atLeast: 45, atMost: 115 }),
      within('greenOverBlue', { atLeast: 1.3 }),
      within('distanceFromEquator', { atMost: 30 }),
    ],
  ],
  ['strait', [within('waterAtCentre', { atLeast: 0.6 }), within('facingLand', { atLeast: 8 })]],
  [
    'tundra',
    [
      within('waterInCore', { atMost: 0.25 }),
      within('brightness', { atLeast: 135 }),
      within('height', { atMost: medianHeight }),
      within('distanceFromEquator', { atLeast: 60 }),
    ],
  ],
  ['undersea ridge', [within('waterInWhole', { atLeast: 0.99 }), within('contrast', { atLeast: 1.2 })]],
])

/** Every bound of its kind that a landmark breaks, in words. */
function disagreements(landmark: Landmark): string[] {
  return (rules.get(landmark.kind) ?? []).flatMap(({ measure, atLeast, atMost }) => {
    const seen = measures[measure](landmark)
    if (seen >= atLeast && seen <= atMost) return []
    const where = `${landmark.name} (${landmark.kind} at ${landmark.lon}, ${landmark.lat})`
    return [`${where}: ${measure} is ${seen.toFixed(2)}, expected ${atLeast} to ${atMost}`]
  })
}

test('the table holds one landmark a line, sorted by kind and name', () => {
  assert.is(lines[0], '{"type":"FeatureCollection","features":[')
  assert.equal(lines.slice(-2), [']}', ''])
  assert.not.throws(() => JSON.parse(text))
  const order = landmarks.map(({ kind, name }) => `${kind}\t${name}`)
  assert.equal(order, order.toSorted())
})

test('names are unique and every kind has enough landmarks', () => {
  assert.ok(landmarks.length >= 300, `${landmarks.length} landmarks, at least 300 wanted`)
  assert.is(new Set(landmarks.map(({ name }) => name)).size, landmarks.length)
  const kinds = [...new Set(landmarks.map(({ kind }) => kind))]
  assert.equal(kinds, [...rules.keys()])
  const scarce = kinds.filter(kind => landmarks.filter(landmark => landmark.kind === kind).length < 20)
  assert.equal(scarce, [])
})

test('landmarks lie on every continent and ocean, at both sides of the date line and near the poles', () => {
  const cells = new Set(landmarks.map(({ lon, lat }) => `${Math.floor(lon / 60)}, ${Math.floor(lat / 30)}`))
  assert.ok(cells.size >= 34, `${cells.size} of 36 cells of 60 by 30 degrees hold a landmark`)
  for (const near of [
    ({ lon }: Landmark) => lon > 174,
    ({ lon }: Landmark) => lon < -174,
    ({ lat }: Landmark) => lat > 78,
    ({ lat }: Landmark) => lat < -75,
  ]) {
    assert.ok(landmarks.filter(near).length >= 5)
  }
})

for (const kind of rules.keys()) {
  const members = landmarks.filter(landmark => landmark.kind === kind)
  test(`the imagery agrees with every ${kind}`, () => assert.equal(members.flatMap(disagreements), []))

  test(`the imagery disagrees with most of ${kind} when the table is turned by 50 degrees`, () => {
    const turned = members.map(landmark => ({ ...landmark, lon: ((landmark.lon + 230) % 360) - 180 }))
    const noticed = turned.filter(landmark => disagreements(landmark).length > 0).length
    assert.ok(noticed >= 0.6 * members.length, `${noticed} of ${members.length} were noticed`)
  })
}

test.run()
