import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { averagePrecision, overlap, pointingHit, upsample } from '../../runtime/evaluate/heatmap.ts'
import { localisation, localisationChance } from '../../runtime/evaluate/localisation.ts'
import { meanMaskConcept, meanMaskScores } from '../../runtime/evaluate/mean_mask.ts'
import { tieRules } from '../../runtime/evaluate/ties.ts'

const near = (actual: ArrayLike<number>, expected: readonly number[]): void => {
  assert.is(actual.length, expected.length)
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs((actual[i] ?? Number.NaN) - value) < 1e-6, `[${i}] is ${actual[i]}, not ${value}`)
}

test('a map is scaled between the centres of patches, and its border repeats', () => {
  // Centres of two patches over four pixels lie at 1 and 3: pixels at 0.5, 1.5, 2.5 and 3.5.
  const row = [0, 0.25, 0.75, 1]
  near(upsample(Float32Array.of(0, 1), { rows: 1, columns: 2, size: 4 }), [...row, ...row, ...row, ...row])
  near(
    upsample(Float32Array.of(0, 1), { rows: 2, columns: 1, size: 4 }),
    row.flatMap(value => [value, value, value, value]),
  )
  near(upsample(Float32Array.of(0, 4, 8, 20), { rows: 2, columns: 2, size: 2 }), [0, 4, 8, 20])
  // Three patches under two pixels: each lies a quarter of a patch from a centre.
  near(upsample(Float32Array.of(0, 4, 8), { rows: 1, columns: 3, size: 2 }), [1, 7, 1, 7])
  near(upsample(Float32Array.of(0, 4, 8), { rows: 3, columns: 1, size: 2 }), [1, 1, 7, 7])
  near(upsample(Float32Array.of(0, 4, 8, 20), { rows: 2, columns: 2, size: 3 }), [0, 2, 4, 4, 8, 12, 8, 14, 20])
})

test('a pixel is predicted above 0, and any value of a mask but 0 is inside', () => {
  const counts = overlap(Float32Array.of(1, 0, 0.1, -1, 2), Uint8Array.of(1, 255, 0, 7, 2))
  assert.equal(counts, { both: 2, predicted: 3, inside: 4 })
})

test('the pixel at the centre of the best patch is asked', () => {
  const shape = { rows: 2, columns: 2, size: 8 }
  const mask = (...pixels: readonly number[]) => {
    const all = new Uint8Array(64)
    for (const pixel of pixels) all[pixel] = 1
    return all
  }
  const hit = (scores: readonly number[], inside: Uint8Array, form = shape) =>
    tieRules.map(ties => pointingHit(Float32Array.from(scores), inside, { ...form, ties }))
  // The centre of the patch in row 1, column 0 is pixel (6, 2).
  assert.equal(hit([0, 1, 5, 2], mask(6 * 8 + 2)), [1, 1, 1])
  const others = new Uint8Array(64).fill(1)
  others[6 * 8 + 2] = 0
  assert.equal(hit([0, 1, 5, 2], others), [0, 0, 0])
  // The centre of row 0, column 1 is pixel (2, 6).
  assert.equal(hit([-3, -1, -5, -2], mask(2 * 8 + 6)), [1, 1, 1])
  // Of two equal patches one is inside, then both, then none.
  assert.equal(hit([0, 5, 5, 2], mask(6 * 8 + 2)), [0.5, 0, 1])
  assert.equal(hit([0, 5, 5, 2], mask(6 * 8 + 2, 2 * 8 + 6)), [1, 1, 1])
  assert.equal(hit([0, 5, 5, 2], mask(2 * 8 + 2)), [0, 0, 0])
  const one = new Uint8Array(36)
  one[3 * 6 + 5] = 9
  assert.equal(hit([0, 0, 1], one, { rows: 1, columns: 3, size: 6 }), [1, 1, 1])
})

test('average precision gains recall at each distinct score', () => {
  const of = (scores: readonly number[], inside: readonly number[]) =>
    averagePrecision(Float32Array.from(scores), Uint8Array.from(inside))
  assert.is(of([3, 2, 1], [1, 0, 0]), 1)
  assert.is(of([3, 2, 1], [0, 0, 1]), 1 / 3)
  assert.is(of([3, 2, 1], [1, 0, 9]), 0.5 + 0.5 * (2 / 3))
  assert.is(of([1, 1, 1, 1], [0, 1, 0, 0]), 0.25)
  assert.is(of([2, 2, 1], [1, 0, 1]), 0.5 * 0.5 + 0.5 * (2 / 3))
  assert.is(of([-5, -2], [1, 0]), 0.5)
  assert.is(of([1, 2], [0, 0]), undefined)
  assert.is(of([1, 2], [1, 1]), 1)
})

const shape = { images: 3, rows: 2, columns: 2, size: 2 }
const scores = Float32Array.of(1, 2, -1, -1, -1, -1, 3, -1, 1, 1, 1, -2)
/** Half a mask, an empty one and a full one. */
const masks = Uint8Array.of(1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1)
const { concepts, metrics } = localisation([{ name: 'water', scores, masks }], shape)
const [water] = concepts

test('IoU pools all pixels; images without a mask leave the mean of images and the game', () => {
  if (water === undefined) throw new Error('There is no concept')
  // Of 6 pixels inside and 6 predicted, 5 are both.
  assert.is(water.iou, 5 / 7)
  assert.is(water.imageIou, (1 + 3 / 4) / 2)
  assert.equal([water.pointed, water.pointing?.expected], [1, 1])
  assert.equal([water.predictedShare, water.maskShare, water.pointedMaskShare], [0.5, 0.5, 0.5])
  // Highest first: 3 out, 2 in, 1 in four times, then -1 and -2.
  assert.is(water.averagePrecision?.toFixed(9), ((1 / 6) * (1 / 2) + (4 / 6) * (5 / 6) + (1 / 6) * (6 / 12)).toFixed(9))
  assert.equal(metrics, {
    iou_water: 71.43,
    mean_iou: 71.43,
    image_iou_water: 87.5,
    mean_image_iou: 87.5,
    pointing_water: 100,
    mean_pointing: 100,
    ap_water: 72.22,
    mean_ap: 72.22,
  })
})

test('what is undefined is absent, and means are over the concepts that have a value', () => {
  const none = { name: 'none', scores: new Float32Array(12).fill(-1), masks: new Uint8Array(12) }
  const miss = { name: 'miss', scores, masks: masks.map((value, i) => (i < 4 ? 1 - value : 0)) }
  const all = localisation([{ name: 'water', scores, masks }, none, miss], shape)
  const empty = all.concepts[1]
  assert.equal(empty, { name: 'none', pointed: 0, predictedShare: 0, maskShare: 0, pointedMaskShare: 0 })
  assert.equal(
    Object.keys(all.metrics).filter(name => name.includes('none')),
    [],
  )
  assert.is(all.metrics.iou_miss, 0)
  assert.is(all.metrics.pointing_miss, 0)
  assert.is(all.metrics.mean_pointing, 50)
  assert.is(all.metrics.mean_iou, 35.71)
})

test('a single pixel, inside or predicted, defines a measure', () => {
  const one = (values: readonly number[], mask: readonly number[]) =>
    localisation([{ name: 'x', scores: Float32Array.from(values), masks: Uint8Array.from(mask) }], {
      ...{ images: 1, rows: 2, columns: 2, size: 2 },
    }).concepts[0]
  const predicted = one([1, -1, -1, -1], [0, 0, 0, 0])
  assert.equal([predicted?.iou, predicted?.imageIou, predicted?.pointing], [0, undefined, undefined])
  const inside = one([-2, -1, -1, -1], [1, 0, 0, 0])
  assert.equal([inside?.iou, inside?.imageIou, inside?.pointing?.for, inside?.pointed], [0, 0, 0, 1])
  const almost = one([-2, -1, -1, -1], [1, 1, 1, 0])
  assert.equal([almost?.pointed, almost?.pointing?.against], [1, 0])
  const full = one([-2, -1, -1, -1], [1, 1, 1, 1])
  assert.equal([full?.pointed, full?.pointing, full?.imageIou], [0, undefined, 0])
})

test('chance marks the same share of pixels at random', () => {
  const chance = localisationChance([
    {
      ...emptyConcept,
      name: 'a',
      iou: 0.9,
      imageIou: 0.9,
      pointing: { expected: 0.9, against: 0.8, for: 1 },
      averagePrecision: 0.9,
      predictedShare: 0.5,
      maskShare: 0.25,
      pointedMaskShare: 0.3,
    },
    { ...emptyConcept, name: 'b' },
  ])
  assert.equal(chance, { iou_a: 20, mean_iou: 20, pointing_a: 30, mean_pointing: 30, ap_a: 25, mean_ap: 25 })
})

const emptyConcept = { name: '', pointed: 0, predictedShare: 0, maskShare: 0, pointedMaskShare: 0 }

test('scores and masks of another shape are errors that name the concept', () => {
  const input = (changes: object) => () => localisation([{ name: 'water', scores, masks, ...changes }], shape)
  assert.throws(
    input({ scores: scores.subarray(1) }),
    /Scores of "water" have 11 values instead of 12; check their shape/,
  )
  assert.throws(input({ masks: masks.subarray(1) }), /Masks of "water" have 11 values instead of 12; check their shape/)
  const single = scores.map((value, i) => (i === 7 ? Number.POSITIVE_INFINITY : value))
  assert.throws(input({ scores: single }), /A score of "water" is not finite/)
})

test('the mean mask is a share less the threshold between two counts', () => {
  // Inside in 3, 2, 1 and 0 of three images: one pixel reaches 3 / 6, two 5 / 7, three 6 / 9.
  const reference = Uint8Array.of(1, 1, 1, 0, 5, 255, 0, 0, 1, 0, 0, 0)
  near(meanMaskScores(reference, 2), [(3 - 1.5) / 3, (2 - 1.5) / 3, (1 - 1.5) / 3, -1.5 / 3])
  // Of equal areas the smallest: pixels inside in all images or in one of two reach 2 / 2 and 3 / 4.
  near(meanMaskScores(Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0), 2), [0.25, -0.75, -0.75, -0.75])
  near(meanMaskScores(Uint8Array.of(1, 1, 1, 1), 2), [0.5, 0.5, 0.5, 0.5])
})

test('of thresholds that do equally well the smallest area is taken', () => {
  // Counts 2, 1, 1 of two images: one pixel reaches 2 / 4, three 4 / 6; counts 2, 1, 0: 2 / 3 and 3 / 4.
  near(meanMaskScores(Uint8Array.of(1, 1, 0, 0, 1, 0, 1, 0), 2), [0.75, 0.25, 0.25, -0.25])
  // Counts 4 and 1, 1 of four: one pixel reaches 4 / 6, three 6 / 12.
  const four = Uint8Array.of(1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0)
  near(meanMaskScores(four, 2), [0.125, -0.625, -0.625, -0.875])
})

test('the mean mask is the map of every image', () => {
  const reference = Uint8Array.of(1, 1, 0, 0)
  const concept = meanMaskConcept({ name: 'water', masks: new Uint8Array(12) }, { reference, size: 2 })
  near(
    concept.scores,
    [0, 1, 2].flatMap(() => [0.5, 0.5, -0.5, -0.5]),
  )
  assert.is(concept.name, 'water')
  assert.throws(() => meanMaskScores(new Uint8Array(5), 2), /5 values make no whole masks of 2x2/)
  try {
    meanMaskScores(new Uint8Array(8), 2)
    assert.unreachable()
  } catch (error) {
    assert.is(
      error instanceof UserFault && error.message,
      'No reference mask has a pixel inside; choose another reference set',
    )
  }
})

test.run()
