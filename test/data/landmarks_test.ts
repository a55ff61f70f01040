import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { imagery, places } from '../../dsl/kinds/package_files.ts'
import { readIndex } from '../../runtime/data/dataset.ts'
import { distanceKm } from '../../runtime/data/geodesy.ts'
import { planTiles, splitLandmarks } from '../../runtime/data/landmark_split.ts'
import { createLandmarkFinder, type Landmark, readCities, readLandmarks } from '../../runtime/data/landmarks.ts'
import { createRandom } from '../../runtime/data/random.ts'
import type { StageResult } from '../../runtime/kinds/context.ts'
import { run } from '../../runtime/kinds/sources/landmarks.ts'
import { inTempFolder, projectRoot } from '../support.ts'

const packagePath = (name: string) => join(projectRoot, 'node_modules', name)

function scatter(count: number): readonly Landmark[] {
  const random = createRandom(3, 'scatter')
  return Array.from({ length: count }, (_, i) => ({
    id: `place ${i}`,
    name: `place ${i}`,
    kind: ['lake', 'desert', 'island'][i % 3] ?? '',
    extentKm: random.between(60, 1500),
    lon: random.between(-180, 180),
    lat: random.between(-89, 89),
  }))
}

const tileOptions = { groundSizes: [300, 600, 1200], tilesPerLandmark: 4, size: 80, buffer: 0, seed: 1 }

const table = (features: readonly unknown[]) => JSON.stringify({ type: 'FeatureCollection', features })

const point = (name: string, kind: string, [lon, lat, extent_km]: readonly [number, number, number]) => ({
  type: 'Feature',
  properties: { name, kind, extent_km },
  geometry: { type: 'Point', coordinates: [lon, lat] },
})

const FEW = [
  point('Lake Victoria', 'lake', [33, -1, 350]),
  point('Lake Superior', 'lake', [-87.5, 47.7, 500]),
  point('Lake Baikal', 'lake', [108, 53.5, 600]),
  point('Fiji', 'archipelago', [179, -17.5, 400]),
  point('Svalbard', 'archipelago', [18, 79, 400]),
  point('Rub al Khali', 'desert', [50, 20, 900]),
]

function runStage(folder: string, out: string, split: Record<string, number | string[]> = {}): Promise<StageResult> {
  return run({
    id: 'landmarks.tiles',
    params: {
      imagery: 'blue-marble',
      countries: true,
      cities_above: 5_000_000,
      ground_sizes: [400_000, 800_000],
      tiles_per_landmark: 2,
      tile_size: 24,
      split: { val: 0.1, test: 0.2, buffer: 0, hold_out_kinds: [], ...split },
      seed: 5,
    },
    inputs: {},
    files: {
      photo: packagePath(imagery.photo),
      water: packagePath(imagery.water),
      relief: packagePath(imagery.relief),
      countries: packagePath(places.countries),
      cities: packagePath(places.cities),
      table: join(folder, 'few.geojson'),
    },
    out,
    checkpoints: out,
    settings: {},
    engine: 'cpu',
    report: { progress() {}, log() {}, warn() {} },
    signal: new AbortController().signal,
  })
}

test('a table with a fault is refused with the feature and the fix', () =>
  inTempFolder(async folder => {
    const path = join(folder, 'few.geojson')
    const faults: readonly (readonly [string, RegExp])[] = [
      ['{', /is not JSON: .*\(line 1\)/],
      [
        table([]),
        /is no GeoJSON FeatureCollection of landmarks: it has no features; write a FeatureCollection of Points/,
      ],
      ['{"type":"Point","coordinates":[0,5]}', /is no GeoJSON FeatureCollection of landmarks: it is a Point/],
      ['[]', /is no GeoJSON FeatureCollection of landmarks; write/],
      ['{"type":"Topology","features":[{}]}', /it is a Topology/],
      [table([]).replace('{', '{"crs":"EPSG:3857",'), /in the reference system 'EPSG:3857'/],
      [table([]).replace('{', '{"crs":{"type":"EPSG","properties":{"code":3857}},'), /in the reference system .*3857/],
      [table([point('A', 'lake', [0, 5, 9])]).replace('[0,5]', '[0,5,"x"]'), /\(A\) has no place on the globe/],
      [table([point('A\\ud800', 'lake', [0, 5, 9])]).replace('\\\\', '\\'), /a name with half a character/],
      [table([point('A', 'lake', [0, 5, 9]), point(' A ', 'gulf', [0, 5, 9])]), /\(A\) stands there twice/],
      [table([point('A', 'lake', [0, 5, 9])]).replace('"kind"', '"kind":"x","kind"'), /the key "kind" stands twice/],
      [
        `{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3857"}},"features":[]}`,
        /is in the reference system 'urn:ogc:def:crs:EPSG::3857', and GeoJSON is in degrees of WGS 84/,
      ],
      [
        table([point('Île', 'lake', [0, 5, 9]), point('Île'.normalize('NFD'), 'gulf', [0, 5, 9])]),
        /stands there twice/,
      ],
      [table([point('A', 'lake', [0, 5, 9])]).replace('[0,5]', '[NaN,5]'), /\(A\) has no place on the globe/],
      [table([point('A', 'lake', [0, 95, 10])]), /Landmark 0 in .* \(A\) has no place on the globe/],
      [table([point('A', 'lake', [0, 5, 0])]), /\(A\) has no width; give it an "extent_km" above 0/],
      [table([point('A', 'lake', [0, 5, 9]), point('', 'lake', [0, 5, 9])]), /Landmark 1 .* has no name/],
      [table([point('A', 'lake', [0, 5, 9]), point('A', 'gulf', [0, 5, 9])]), /\(A\) stands there twice/],
    ]
    for (const [text, message] of faults) {
      await writeFile(path, text)
      const fault = await readLandmarks(path).catch(error => error.message)
      assert.match(fault, message)
    }
  }))

test('cities above a population are read with their places', async () => {
  const cities = await readCities(packagePath(places.cities), 8_000_000)
  const paris = (await readCities(packagePath(places.cities), 2_000_000)).find(({ name }) => name === 'Paris')
  assert.ok(cities.length > 10 && cities.length < 40)
  assert.is(cities[0]?.name, 'Shanghai')
  assert.ok(paris !== undefined && distanceKm(paris, { lon: 2.35, lat: 48.86 }) < 5)
})

test('the finder finds what a search of everything finds, at poles and date line too', () => {
  const landmarks = scatter(1500)
  const find = createLandmarkFinder(landmarks)
  for (const [lon, lat] of [
    [0, 0],
    [179.5, 40],
    [-179.5, -70],
    [10, 88],
    [0, -90],
  ] as const) {
    const found = find({ lon, lat, groundKm: 2000 })
    const within = landmarks.filter(landmark => distanceKm(landmark, { lon, lat }) <= 1000)
    const outside = found.filter(landmark => distanceKm(landmark, { lon, lat }) > 1000 * Math.SQRT2 + 1)
    assert.ok(within.length > 0 && within.every(landmark => found.includes(landmark)))
    assert.is(outside.length, 0)
    assert.is(new Set(found).size, found.length)
  }
})

test('splits keep their shares in every kind, and hold out whole kinds', () => {
  const landmarks = scatter(300)
  const splits = splitLandmarks(landmarks, { val: 0.05, test: 0.15, holdOutKinds: ['island'], seed: 1 })
  for (const kind of ['lake', 'desert', 'island']) {
    const of = landmarks.filter(landmark => landmark.kind === kind).map(({ id }) => splits.get(id))
    const held = of.filter(split => split === 'test').length
    assert.is(held, kind === 'island' ? 100 : 15)
  }
  assert.throws(
    () => splitLandmarks(landmarks, { val: 0, test: 0.1, holdOutKinds: ['volcano'], seed: 1 }),
    /kind 'volcano' to hold out; the kinds are desert, island, lake/,
  )
})

test('no landmark crosses splits, and the buffer clears tiles round held-out landmarks', () => {
  const landmarks = scatter(400)
  const splits = splitLandmarks(landmarks, { val: 0.1, test: 0.2, holdOutKinds: [], seed: 1 })
  const open = planTiles(landmarks, splits, tileOptions)
  const { tiles, dropped } = planTiles(landmarks, splits, { ...tileOptions, buffer: 300 })
  assert.is(open.dropped.length, 0)
  assert.is(open.tiles.length, 1600)
  assert.is(tiles.length + dropped.length, 1600)
  assert.ok(dropped.length > 0 && dropped.every(({ split }) => split !== 'test'))
  const seen = new Map<string, string>()
  for (const { landmark, split } of tiles) {
    assert.is(seen.get(landmark.id) ?? split, split)
    seen.set(landmark.id, split)
  }
  const heldOut = landmarks.filter(({ id }) => splits.get(id) === 'test')
  for (const tile of tiles.filter(({ split }) => split !== 'test')) {
    assert.ok(heldOut.every(landmark => distanceKm(tile, landmark) >= 300))
  }
})

test('a landmark fills between a fifth and all of its tile where a size allows it, and lies in its middle', () => {
  const landmarks = scatter(400)
  const splits = splitLandmarks(landmarks, { val: 0, test: 0.2, holdOutKinds: [], seed: 1 })
  for (const tile of planTiles(landmarks, splits, tileOptions).tiles) {
    const { extentKm } = tile.landmark
    const fill = extentKm / tile.groundKm
    if (extentKm <= 1200) assert.ok(fill <= 1.0001 && fill >= 0.1999, `${extentKm} of ${tile.groundKm}`)
    assert.ok(distanceKm(tile, tile.landmark) <= 0.2 * Math.SQRT2 * tile.groundKm + 0.1)
  }
})

test('the stage makes tiles with masks and facts, the same bytes for the same seed', () =>
  inTempFolder(async folder => {
    await writeFile(join(folder, 'few.geojson'), table(FEW))
    const [a, b] = [join(folder, 'a'), join(folder, 'b')]
    const result = await runStage(folder, a)
    await runStage(folder, b)
    for (const file of ['index.parquet', 'shards/000000.tar']) {
      assert.ok((await readFile(join(a, file))).equals(await readFile(join(b, file))), file)
    }
    const samples = await readIndex(a)
    assert.is(samples.length, result.metrics.tiles)
    const of = (group: string) => samples.filter(sample => sample.group === group).map(({ facts }) => facts)
    for (const facts of of('Lake Victoria')) {
      assert.ok(Number(facts.water_share) > 0.05 && Number(facts.water_share) < 0.9)
      assert.is(facts.belt, 'tropical')
    }
    for (const facts of of('Rub al Khali')) assert.ok(Number(facts.water_share) < 0.3)
    for (const facts of of('Fiji')) assert.ok(Number(facts.water_share) > 0.8)
    assert.ok(of('Svalbard').every(({ belt, hemisphere }) => belt === 'polar' && hemisphere === 'northern'))
    assert.equal(samples[0]?.masks, ['water', 'relief'])
    const cities = samples.filter(({ label }) => label === 'city')
    assert.ok(cities.length > 40)
  }))

test('training tiles name no held-out landmark', () =>
  inTempFolder(async folder => {
    await writeFile(join(folder, 'few.geojson'), table(FEW))
    const out = join(folder, 'out')
    await runStage(folder, out, { hold_out_kinds: ['city'] })
    const trained = (await readIndex(out)).filter(({ split }) => split !== 'test')
    assert.ok(trained.length > 0)
    for (const { facts } of trained) assert.equal(facts.cities, [])
  }))

test.run()
