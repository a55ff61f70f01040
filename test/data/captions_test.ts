import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { colours, nameColour } from '../../runtime/data/colours.ts'
import { createDataset, readIndex } from '../../runtime/data/dataset.ts'
import { createGrammar } from '../../runtime/data/grammar.ts'
import { encodeJpeg } from '../../runtime/data/image.ts'
import { kindWords } from '../../runtime/data/lexicon.ts'
import { locateMask, maskLocations } from '../../runtime/data/mask_location.ts'
import type { SampleFiles } from '../../runtime/data/sample.ts'
import { measureTile, reliefs } from '../../runtime/data/tile_facts.ts'
import { run } from '../../runtime/kinds/sources/caption.ts'
import { inTempFolder } from '../support.ts'

const kinds = Object.keys(kindWords)

/** Samples with any facts that a measured tile may have. */
const sampleOf = fc
  .record({
    number: fc.nat(999_999),
    kind: fc.constantFrom(...kinds),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    where: fc.constantFrom(...maskLocations.filter(place => place !== 'nowhere' && place !== 'everywhere')),
    relief: fc.constantFrom(...reliefs),
    shown: fc.uniqueArray(fc.constantFrom(...colours), { minLength: 1, maxLength: 3 }),
    lat: fc.double({ min: -90, max: 90, noNaN: true }),
    brightness: fc.nat(255),
    groundKm: fc.integer({ min: 100, max: 2000 }),
    country: fc.constantFrom('', 'Chad', 'United States of America'),
  })
  .map(
    ({ number, kind, share, where, relief, shown, lat, brightness, groundKm, country }): SampleFiles => ({
      key: `lm-${number}`,
      split: 'train',
      captions: [],
      label: kind,
      group: 'Somewhere',
      lon: 0,
      lat,
      groundKm,
      masks: [],
      facts: {
        name: 'Somewhere',
        water_share: share,
        water_where: share < 0.01 ? 'nowhere' : share > 0.99 ? 'everywhere' : where,
        relief,
        highland_share: 0.4,
        highland_where: 'west',
        brightness,
        colours: shown,
        colours_where: shown.map(() => 'scattered'),
        hemisphere: lat < 0 ? 'southern' : 'northern',
        country,
        countries: country === '' ? ['Chad'] : [country],
        cities: ['Metropolis'],
        landmarks: [],
      },
      image: new Uint8Array(),
      maskFiles: {},
    }),
  )

/** What a phrase about water says of its share: at least, at most. */
const waterClaims: readonly (readonly [RegExp, number, number])[] = [
  [/no open water|dry land throughout|land from edge to edge/, 0, 0.004],
  [/open water everywhere|(?<!land and )water from edge to edge/, 0.996, 1],
  [/a little water|small stretches of water|a touch of water/, 0, 0.08],
  [/about a quarter water|water over a quarter/, 0.2, 0.3],
  [/about a third water|water over a third/, 0.3, 0.4],
  [/half water|water over half|half land/, 0.4, 0.6],
  [/two thirds/, 0.6, 0.7],
  [/three quarters/, 0.7, 0.82],
  [/mostly water|water over most|far more water/, 0.82, 0.94],
  [/almost only water|almost nothing but water|water nearly everywhere/, 0.94, 1],
]

test('captions say nothing that the facts do not', async () => {
  await fc.assert(
    fc.asyncProperty(sampleOf, async sample => {
      const { facts, lat = 0 } = sample
      for (const caption of await createGrammar({ perImage: 4, seed: 1 }).caption(sample)) {
        for (const [words, least, most] of waterClaims) {
          if (!words.test(caption)) continue
          const share = Number(facts.water_share)
          assert.ok(share >= least && share <= most, `${share}: ${caption}`)
        }
        const belts = caption.match(/\b(tropical|subtropical|arctic|antarctic|polar|temperate)\b/g) ?? []
        for (const belt of belts) {
          if (belt === 'tropical') assert.ok(Math.abs(lat) < 23.5)
          if (belt === 'arctic') assert.ok(lat > 66)
          if (belt === 'antarctic') assert.ok(lat < -66)
          if (belt === 'polar') assert.ok(Math.abs(lat) > 66)
        }
        if (sample.label === 'ice cap') assert.not.match(caption, /mountains|ranges|peaks/)
        if (/southern hemisphere/.test(caption)) assert.ok(lat < 0)
        if (/snow/.test(caption)) assert.ok(Math.abs(lat) >= 55 && String(facts.colours).includes('white'))
        if (/(?<!sub)\bblue/.test(caption)) assert.ok(String(facts.colours).includes('blue'), caption)
        if (/\bhighland|high ground|higher land/.test(caption) && facts.relief !== 'rising') {
          assert.match(caption, /west|left/)
        }
        if (/ in (the )?(Chad|United)/.test(caption)) assert.ok(facts.country !== '')
      }
    }),
    { numRuns: 400, seed: 1 },
  )
})

test('captions are distinct, 8 to 22 words long, and name the kind or a synonym', async () => {
  await fc.assert(
    fc.asyncProperty(sampleOf, async sample => {
      const captions = await createGrammar({ perImage: 8, seed: 2 }).caption(sample)
      const { things = [], masses = [] } = kindWords[sample.label] ?? {}
      assert.is(new Set(captions).size, 8)
      for (const caption of captions) {
        const words = caption.split(' ').length
        assert.ok(words >= 8 && words <= 22, caption)
        assert.ok(
          [sample.label, ...things, ...masses].some(word => caption.includes(word)),
          caption,
        )
        assert.not.match(caption, /undefined| {2}|, ,|\ba [aeio]/)
      }
    }),
    { numRuns: 200, seed: 1 },
  )
})

test('a sample without facts is refused with its key', async () => {
  const [sample] = fc.sample(sampleOf, { numRuns: 1, seed: 1 })
  if (sample === undefined) throw new Error('No sample was made')
  const { lat: _, groundKm: __, ...bare } = sample
  const fault = await createGrammar({ perImage: 3, seed: 1 })
    .caption({ ...bare, facts: {} })
    .catch(error => error)
  assert.match(fault.message, /Sample 'lm-\d+' has facts for \d of 3 captions/)
})

/** A square mask of side 30, set where `isSet` holds of row and column. */
const maskOf = (isSet: (row: number, column: number) => boolean): Uint8Array =>
  Uint8Array.from({ length: 900 }, (_, i) => (isSet(Math.floor(i / 30), i % 30) ? 255 : 0))

test('whereabouts are told from masks', () => {
  const isMiddle = (x: number) => x >= 10 && x < 20
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ['nowhere', maskOf(() => false)],
    ['everywhere', maskOf(() => true)],
    ['north', maskOf(row => row < 12)],
    ['east', maskOf((_, column) => column >= 18)],
    ['south-west', maskOf((row, column) => row > 18 && column < 10)],
    ['south-east', maskOf((row, column) => row + column > 24)],
    ['centre', maskOf((row, column) => isMiddle(row) && isMiddle(column))],
    ['centre', maskOf((row, column) => row > 12 && row < 17 && column > 8 && column < 13)],
    ['all round', maskOf((row, column) => !isMiddle(row) || !isMiddle(column))],
    ['north to south', maskOf((_, column) => isMiddle(column))],
    ['west to east', maskOf(row => isMiddle(row))],
    ['east and west', maskOf((_, column) => !isMiddle(column))],
    ['north and south', maskOf(row => !isMiddle(row))],
    ['scattered', maskOf((row, column) => (row * 7 + column * 3) % 5 === 0)],
  ]
  for (const [expected, mask] of cases) assert.is(locateMask(mask), expected)
})

test('measured facts follow the pixels', () => {
  const pixels = 900
  const north = maskOf(row => row < 15)
  const photo = Uint8Array.from({ length: pixels * 3 }, (_, i) => {
    const [sea, sand] = [
      [10, 20, 60],
      [210, 170, 120],
    ]
    return (north[Math.floor(i / 3)] ? sea : sand)?.[i % 3] ?? 0
  })
  const elevation = Uint8Array.from({ length: pixels }, (_, i) => (i < 450 ? 0 : 100 + 60 * (i % 2)))
  const highland = elevation.map(grey => (grey >= 60 ? 255 : 0))
  const facts = measureTile({ photo, water: north, highland, elevation, kmPerPixel: 10 })
  assert.is(facts.water_share, 0.5)
  assert.is(facts.water_where, 'north')
  assert.is(facts.highland_where, 'south')
  assert.is(facts.relief, 'high mountains')
  assert.is(facts.elevation_max, 3200)
  assert.equal(facts.colours, ['dark blue', 'tan'])
  assert.equal(facts.colours_where, ['north', 'south'])
  const smooth = Uint8Array.from({ length: pixels }, (_, i) => Math.floor(i / 30) * 5)
  const dome = measureTile({ photo, water: maskOf(() => false), highland, elevation: smooth, kmPerPixel: 20 })
  assert.is(dome.relief, 'rising')
})

test('colours go by their usual names', () => {
  const cases: readonly (readonly [string, readonly [number, number, number]])[] = [
    ['white', [250, 250, 250]],
    ['black', [12, 14, 12]],
    ['dark blue', [8, 18, 60]],
    ['blue', [30, 80, 150]],
    ['dark green', [25, 40, 12]],
    ['green', [55, 70, 30]],
    ['tan', [205, 165, 115]],
    ['brown', [110, 88, 60]],
    ['reddish', [170, 90, 50]],
    ['grey', [130, 132, 130]],
  ]
  for (const [name, [red, green, blue]] of cases) assert.is(nameColour(red, green, blue), name)
})

test('the stage captions a dataset, shows some of it, and repeats itself', () =>
  inTempFolder(async folder => {
    const image = await encodeJpeg({ data: new Uint8Array(48), width: 4, height: 4, channels: 3 }, 92)
    const source = await createDataset(join(folder, 'in'))
    for (const [i, sample] of fc.sample(sampleOf, { numRuns: 20, seed: 4 }).entries()) {
      await source.add({ ...sample, key: `lm-${i}`, image })
    }
    await source.close()
    const runInto = async (out: string) => {
      await mkdir(out)
      return run({
        id: 'landmarks',
        params: { captions: { kind: 'grammar', per_image: 3 }, seed: 9 },
        inputs: { data: { folder: join(folder, 'in') } },
        files: {},
        settings: {},
        out,
        checkpoints: out,
        engine: 'cpu',
        report: { progress() {}, log() {}, warn() {} },
        signal: new AbortController().signal,
      })
    }
    const result = await runInto(join(folder, 'a'))
    await runInto(join(folder, 'b'))
    assert.is(result.metrics.captions, 60)
    assert.is(result.exhibits[0]?.kind === 'figures' && result.exhibits[0].items.length, 12)
    assert.ok((await readIndex(join(folder, 'a'))).every(({ captions }) => captions.length === 3))
    assert.equal(await readIndex(join(folder, 'a')), await readIndex(join(folder, 'b')))
  }))

test.run()
