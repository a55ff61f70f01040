import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { fitClassifier, measureFeatures, type SampleFeatures } from '../../runtime/data/filters/classifier.ts'
import { findContaminated } from '../../runtime/data/filters/decontaminate.ts'
import { findDuplicates } from '../../runtime/data/filters/dedup.ts'
import { measuredSide } from '../../runtime/data/filters/features.ts'
import { choosePenalty, fitLogistic, logLoss, probability } from '../../runtime/data/filters/logistic.ts'
import {
  createHashIndex,
  type Hash,
  hashDistance,
  hashedSide,
  perceptualHash,
} from '../../runtime/data/filters/phash.ts'
import { brokenImageRule, brokenTextRule, greyContrast, type Rules } from '../../runtime/data/filters/rules.ts'
import { score } from '../../runtime/data/filters/score.ts'
import { decodeImage, encodeJpeg, type Raster } from '../../runtime/data/image.ts'
import { createRandom, type Random } from '../../runtime/data/random.ts'

const rules: Rules = {
  minWords: 2,
  maxWords: 5,
  blockedWords: ['logo', 'Stock Photo'],
  minSide: 32,
  maxAspect: 3,
  minContrast: 4,
}

/** A smooth random picture. */
function scenery(seed: number, side: number): Raster {
  const random = createRandom(seed, 'scenery')
  const waves = Array.from({ length: 9 }, () => [
    random.between(-40, 40),
    random.between(-40, 40),
    random.between(0, 6),
  ])
  const data = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const [x, y] = [(Math.floor(i / 3) % side) / side, Math.floor(i / 3 / side) / side]
    const sum = waves.reduce((total, [a = 0, b = 0, c = 0]) => total + Math.cos(a * x + b * y + c), 0)
    return 128 + 12 * sum + (i % 3) * 9
  })
  return { data, width: side, height: side, channels: 3 }
}

const hashOf = async (bytes: Uint8Array): Promise<Hash> =>
  perceptualHash((await decodeImage(bytes, { name: 'test', size: hashedSide })).data)

test('rules speak of words, blocked words, sides, proportions and blank images', () => {
  assert.is(brokenTextRule('photo', rules), 'text too short')
  assert.is(brokenTextRule('- IMG_1 -', { ...rules, minWords: 3 }), 'text too short')
  assert.is(brokenTextRule('a b c d e f', rules), 'text too long')
  assert.is(brokenTextRule('New LOGO here', rules), 'blocked word "logo"')
  assert.is(brokenTextRule('a stock-photo of it', rules), 'blocked word "Stock Photo"')
  assert.is(brokenTextRule('logos of lakes', rules), undefined)
  assert.is(brokenTextRule('砂漠 Île d’Orléans', rules), undefined)
  assert.is(brokenImageRule({ width: 31, height: 90, contrast: 9 }, rules), 'image too small')
  assert.is(brokenImageRule({ width: 100, height: 32, contrast: 9 }, rules), 'image too long')
  assert.is(brokenImageRule({ width: 96, height: 32, contrast: 3.9 }, rules), 'image blank')
  assert.is(brokenImageRule({ width: 96, height: 32, contrast: 4 }, rules), undefined)
  assert.is(greyContrast(Uint8Array.of(10, 10, 10, 30, 30, 30)).toFixed(6), '10.000000')
})

test('a perceptual hash survives scaling and compression and tells pictures apart', async () => {
  const original = await hashOf(await encodeJpeg(scenery(1, 96), 95))
  const smaller = await hashOf(await encodeJpeg(scenery(1, 61), 40))
  const other = await hashOf(await encodeJpeg(scenery(2, 96), 95))
  assert.ok(hashDistance(original, smaller) <= 4, `same picture: ${hashDistance(original, smaller)} bits`)
  assert.ok(hashDistance(original, other) > 12, `other picture: ${hashDistance(original, other)} bits`)
})

test('the hash splits the coefficients at their median', () => {
  const [high, low] = perceptualHash(scenery(3, hashedSide).data)
  assert.is(hashDistance([high, low], [0, 0]), 32)
  const negative = scenery(3, hashedSide).data.map(value => 255 - value)
  assert.ok(hashDistance([high, low], perceptualHash(negative)) >= 60)
})

const anyHash = fc.tuple(fc.nat(0xffffffff), fc.nat(0xffffffff))

/** Hashes in clusters, so that every distance occurs. */
const clusters = fc
  .array(fc.tuple(anyHash, fc.array(fc.array(fc.nat(63), { maxLength: 14 }), { maxLength: 6 })), {
    minLength: 1,
    maxLength: 20,
  })
  .map(groups => groups.flatMap(([centre, flips]) => [centre, ...flips.map(bits => bits.reduce(flip, centre))]))

const flip = ([high, low]: Hash, bit: number): [number, number] =>
  bit < 32 ? [(high ^ (1 << bit)) >>> 0, low] : [high, (low ^ (1 << (bit - 32))) >>> 0]

test('the index finds the same nearest hash as comparing with all', () => {
  fc.assert(
    fc.property(clusters, fc.integer({ min: 0, max: 12 }), (hashes, distance) => {
      const index = createHashIndex(distance)
      // Far more hashes than probes, so that the bands are used for small distances.
      for (const [position, hash] of [...filler(), ...hashes].entries()) index.add(hash, position)
      for (const hash of hashes.slice(0, 5)) {
        const query = flip(flip(hash, 7), 41)
        assert.equal(index.nearest(query), slowNearest([...filler(), ...hashes], query, distance))
      }
    }),
    { seed: 3, numRuns: 30 },
  )
})

const filler = (() => {
  const random = createRandom(5, 'filler')
  const made = Array.from({ length: 700 }, (): Hash => [random.below(2 ** 32), random.below(2 ** 32)])
  return () => made
})()

function slowNearest(hashes: readonly Hash[], query: Hash, distance: number) {
  const ranked = hashes.map((hash, position) => ({ position, distance: hashDistance(hash, query) }))
  return ranked
    .filter(r => r.distance <= distance)
    .sort((a, b) => a.distance - b.distance || a.position - b.position)[0]
}

test('dedup keeps the first of equals and compares with kept images only', () => {
  const a: Hash = [0, 0]
  const near: Hash = [0, 0b111]
  const chain: Hash = [0, 0b111111]
  const found = findDuplicates([a, near, chain, [0xffff, 0], a], 3)
  assert.equal(found, [undefined, { position: 0, distance: 3 }, undefined, undefined, { position: 0, distance: 0 }])
})

test('decontamination compares with evaluation images only', () => {
  const found = findContaminated(
    [
      [0, 0],
      [0, 1],
      [0xff, 0],
    ],
    {
      against: [
        [9, 0],
        [0, 3],
      ],
      distance: 1,
    },
  )
  assert.equal(found, [undefined, { position: 1, distance: 1 }, undefined])
})

test('logistic regression finds the minimum: the gradient vanishes', async () => {
  const { rows, labels } = blobs(createRandom(1, 'blobs'), 60, 5)
  const penalty = 0.01
  const model = await fitLogistic({ rows, labels }, penalty)
  const loss = (weights: Float64Array, bias: number) =>
    logLoss({ weights, bias }, { rows, labels }) + (penalty / 2) * weights.reduce((sum, w) => sum + w * w, 0)
  for (let j = 0; j <= model.weights.length; j++) {
    const moved = (by: number) =>
      loss(
        model.weights.map((w, k) => (k === j ? w + by : w)),
        model.bias + (j === model.weights.length ? by : 0),
      )
    assert.ok(Math.abs(moved(1e-4) - moved(-1e-4)) / 2e-4 < 1e-5, `slope along ${j}`)
  }
  const start = { weights: model.weights.map(() => 3), bias: -2 }
  const again = await fitLogistic({ rows, labels }, penalty, start)
  assert.ok(model.weights.every((w, j) => Math.abs(w - (again.weights[j] ?? 0)) < 1e-3))
})

test('cross-validation prefers a strong penalty where the features are noise', async () => {
  const random = createRandom(2, 'noise')
  const rows = Array.from({ length: 60 }, () => Float64Array.from({ length: 40 }, () => random.between(-1, 1)))
  const labels = rows.map(() => random.chance(0.5))
  assert.is(await choosePenalty({ rows, labels }, { penalties: [1e-4, 1e-2, 1], folds: 5 }), 1)
  const easy = blobs(createRandom(3, 'easy'), 60, 5)
  assert.ok((await choosePenalty(easy, { penalties: [1e-4, 1e-2, 1, 100], folds: 5 })) < 1)
  const model = await fitLogistic(easy, 0.01)
  const right = easy.rows.filter((row, i) => probability(model, row) >= 0.5 === easy.labels[i])
  assert.ok(right.length >= 57, `${right.length} of 60 right`)
})

function blobs(random: Random, count: number, size: number) {
  const labels = Array.from({ length: count }, (_, i) => i % 2 === 0)
  const rows = labels.map(label =>
    Float64Array.from({ length: size }, (_, j) => random.between(-1, 1) + (j < 2 ? (label ? 0.7 : -0.7) : 0)),
  )
  return { rows, labels }
}

test('the classifier learns from pictures, from texts, and from both', async () => {
  const samples = Array.from({ length: 80 }, (_, i): { readonly seen: SampleFeatures; readonly label: boolean } => {
    const label = i % 2 === 0
    const { data } = scenery(i, measuredSide)
    const pixels = label ? data : data.map(value => (value > 128 ? 255 : 0))
    return { seen: measureFeatures(pixels, [label ? `satellite view ${i % 7}` : `chart of sales ${i % 7}`]), label }
  })
  const [shown, rest] = [samples.slice(0, 50), samples.slice(50)]
  for (const view of ['image', 'text', 'both'] as const) {
    const seen = shown.map(sample => sample.seen)
    const classifier = await fitClassifier(
      view,
      seen,
      shown.map(sample => sample.label),
    )
    assert.ok(
      rest.every(sample => classifier.judge(sample.seen) >= 0.5 === sample.label),
      view,
    )
    const fault = await fitClassifier(
      view,
      seen,
      seen.map(() => true),
    ).then(
      () => 'none',
      (error: Error) => error.message,
    )
    assert.match(fault, /cannot learn: all 50 labels are true/)
  }
})

test('scores are shares, 0 where nothing was kept', () => {
  const kept = (truths: readonly boolean[], keep: boolean) => truths.map(wanted => ({ kept: keep, wanted }))
  const { precision, recall, f1, accuracy } = score([
    ...kept([true, true, true, false], true),
    ...kept([true, false], false),
  ])
  assert.equal([precision, recall, f1], [0.75, 0.75, 0.75])
  assert.is(accuracy.toFixed(4), '0.6667')
  assert.equal(score(kept([true, false], false)), { precision: 0, recall: 0, f1: 0, accuracy: 0.5, count: 2 })
})

test.run()
