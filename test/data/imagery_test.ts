import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { imagery as imageryFiles, places } from '../../dsl/kinds/package_files.ts'
import { createCountryFinder, readCountries } from '../../runtime/data/countries.ts'
import { distanceKm, offsetFrom, tangentPlane } from '../../runtime/data/geodesy.ts'
import type { Raster } from '../../runtime/data/image.ts'
import { createGlobe, cutTile, maskFrom, openImagery, placePixels } from '../../runtime/data/imagery.ts'
import { projectRoot } from '../support.ts'

const packageFile = (name: string): string => join(projectRoot, 'node_modules', name)
const files = {
  photo: packageFile(imageryFiles.photo),
  water: packageFile(imageryFiles.water),
  relief: packageFile(imageryFiles.relief),
}

/** A globe whose pixels are set by longitude and latitude. */
function paint(width: number, value: (lon: number, lat: number) => number): Raster {
  const height = width / 2
  const data = Uint8Array.from({ length: width * height }, (_, i) =>
    value((((i % width) + 0.5) / width) * 360 - 180, 90 - ((Math.floor(i / width) + 0.5) / height) * 180),
  )
  return { data, width, height, channels: 1 }
}

const near = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`)

test('offsets keep their length and direction at every latitude', () => {
  for (const centre of [
    { lon: 10, lat: 0 },
    { lon: 179.9, lat: -17 },
    { lon: -60, lat: 85 },
    { lon: 0, lat: 89.99 },
    { lon: 30, lat: -90 },
  ]) {
    const place = tangentPlane(centre)
    for (const offset of [
      { east: 300, north: 0 },
      { east: -120, north: 450 },
      { east: 0, north: -700 },
    ]) {
      const there = place(offset)
      near(distanceKm(centre, there), Math.hypot(offset.east, offset.north), 0.01)
      const back = offsetFrom(centre, there)
      near(back.east, offset.east, 0.01)
      near(back.north, offset.north, 0.01)
    }
  }
})

test('a tile is as wide in kilometres as asked, near a pole and across the date line', () => {
  for (const centre of [
    { lon: 20, lat: 0 },
    { lon: 180, lat: 66 },
    { lon: -75, lat: 86 },
  ]) {
    const [size, groundKm] = [64, 800]
    const places = placePixels({ ...centre, groundKm, size })
    const at = (row: number, column: number) => {
      const i = 2 * (row * size + column)
      return { lon: places[i] ?? 0, lat: places[i + 1] ?? 0 }
    }
    const inner = (groundKm * (size - 1)) / size
    near(distanceKm(at(0, 31), at(63, 31)), inner, 1)
    near(distanceKm(at(31, 0), at(31, 63)), inner, 1)
  }
})

test('a tile across the date line is seamless', () => {
  const globe = createGlobe(paint(512, lon => 128 + 100 * Math.cos((lon * Math.PI) / 180)))
  const tile = cutTile(globe, { lon: 180, lat: 10, groundKm: 2000, size: 40 })
  for (let column = 1; column < 40; column++) {
    near((tile[20 * 40 + column] ?? 0) - (tile[20 * 40 + column - 1] ?? 0), 0, 3)
  }
})

test('detail finer than a pixel is averaged, not aliased, by columns near a pole too', () => {
  const stripes = createGlobe(
    paint(2048, (lon, lat) => (Math.floor((lon + 180) * 2 + (lat + 90) * 2) % 2 === 0 ? 255 : 0)),
  )
  for (const lat of [0, 60, 84]) {
    const tile = cutTile(stripes, { lon: 0, lat, groundKm: 8000 * Math.cos((lat * Math.PI) / 180), size: 20 })
    const middle = tile.slice(20 * 8, 20 * 12)
    for (const value of middle) near(value, 128, 25)
  }
})

test('the water mask and the photograph agree on known places', async () => {
  const imagery = await openImagery(files)
  const water = (lon: number, lat: number) =>
    maskFrom(cutTile(imagery.water, { lon, lat, groundKm: 20, size: 1 }), 128)[0] === 255
  for (const [lon, lat] of [
    [33, -1],
    [-30, 30],
    [50.5, 42],
  ] as const) {
    assert.ok(water(lon, lat), `water at ${lon}, ${lat}`)
  }
  for (const [lon, lat] of [
    [25, 25],
    [-60, -5],
    [-40, 72],
    [134, -25],
  ] as const) {
    assert.not(water(lon, lat), `land at ${lon}, ${lat}`)
  }
  const [red = 0, , blue = 0] = cutTile(imagery.photo, { lon: -30, lat: 30, groundKm: 50, size: 1 })
  assert.ok(blue > red)
  const [tanRed = 0, , tanBlue = 0] = cutTile(imagery.photo, { lon: 25, lat: 25, groundKm: 50, size: 1 })
  assert.ok(tanRed > tanBlue + 50)
  const [tibet = 0] = cutTile(imagery.relief, { lon: 88, lat: 32, groundKm: 100, size: 1 })
  assert.ok(tibet > 180)
})

test('the coasts of Sicily and Tunisia are as far apart as on the ground', async () => {
  const { water } = await openImagery(files)
  // Cape Bon (37.08 N, 11.04 E) to Mazara (37.65 N, 12.58 E): about 150 km of sea.
  const [size, groundKm] = [160, 400]
  const strait = maskFrom(cutTile(water, { lon: 11.81, lat: 37.37, groundKm, size }), 128)
  const along = { east: 136, north: 63 }
  const length = Math.hypot(along.east, along.north)
  const isWet = (km: number) => {
    const column = Math.floor(((km * along.east) / length / groundKm + 0.5) * size)
    const row = Math.floor((0.5 - (km * along.north) / length / groundKm) * size)
    return strait[row * size + column] === 255
  }
  let [west, east] = [0, 0]
  while (isWet(west - 1)) west -= 1
  while (isWet(east + 1)) east += 1
  near(east - west, 150, 15)
})

test('countries are found on both sides of the date line, round a pole, and not at sea', async () => {
  const find = createCountryFinder(await readCountries(packageFile(places.countries)))
  for (const [lon, lat, name] of [
    [179, 67.5, 'Russia'],
    [-173, 66, 'Russia'],
    [178, -17.8, 'Fiji'],
    [0, -89.9, 'Antarctica'],
    [28.2, -29.6, 'Lesotho'],
    [27, -28.5, 'South Africa'],
    [23, -2, 'Democratic Republic of the Congo'],
    [-30, 30, undefined],
  ] as const) {
    assert.is(find({ lon, lat }), name)
  }
})

test.run()
