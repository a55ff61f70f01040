import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { TieRule } from '../../dsl/recipe/ties.ts'
import { averagePrecision, upsample } from '../../runtime/evaluate/heatmap.ts'
import { localisation, localisationChance } from '../../runtime/evaluate/localisation.ts'
import { meanMaskConcept, meanMaskScores } from '../../runtime/evaluate/mean_mask.ts'

test('upsampling is bilinear between patch centres, with a repeated border', () => {
  const scaled = upsample(Float32Array.of(0, 4, 8, 12), { rows: 2, columns: 2, size: 4 })
  assert.equal([...scaled], [0, 1, 3, 4, 2, 3, 5, 6, 6, 7, 9, 10, 8, 9, 11, 12])
  const same = Float32Array.of(1, 2, 3, 4)
  assert.equal(upsample(same, { rows: 2, columns: 2, size: 2 }), same)
})

test('IoU pools pixels; empty and full masks count there and not in the pointing game', () => {
  const shape = { images: 3, rows: 2, columns: 2, size: 2 }
  const scores = Float32Array.of(1, -1, -1, -1, 1, 1, -1, -1, 3, 1, -1, -1)
  const masks = Uint8Array.of(255, 255, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1)
  const { metrics, concepts } = localisation([{ name: 'water', scores, masks }], shape)
  // 3 pixels in both; 5 predicted, 6 inside, so 8 in either.
  assert.is(metrics.iou_water, 37.5)
  assert.is(metrics.mean_iou, 37.5)
  assert.is(metrics.image_iou_water, 50)
  assert.is(metrics.pointing_water, 100)
  assert.is(concepts[0]?.pointed, 1)
  assert.is(concepts[0]?.pointedMaskShare, 0.5)
})

test('a flat map points everywhere at once', () => {
  const masks = Uint8Array.of(1, 1, 1, 0)
  const flat = { name: 'water', scores: new Float32Array(4), masks }
  const shape = { images: 1, rows: 2, columns: 2, size: 2 }
  const pointing = (ties?: TieRule) => localisation([flat], { ...shape, ...(ties && { ties }) }).metrics.pointing_water
  assert.equal([pointing(), pointing('expected'), pointing('against'), pointing('for')], [75, 75, 0, 100])
})

test('what is undefined is absent', () => {
  const shape = { images: 1, rows: 1, columns: 1, size: 2 }
  const nothing = { name: 'ice', scores: Float32Array.of(-1), masks: new Uint8Array(4) }
  assert.equal(localisation([nothing], shape).metrics, {})
})

test('average precision agrees with its definition, ties entering together', () => {
  const pixels = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.boolean()), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(pixels, items => {
      const positives = items.filter(([, inside]) => inside).length
      const found = averagePrecision(
        Float32Array.from(items, ([score]) => score),
        Uint8Array.from(items, ([, inside]) => (inside ? 255 : 0)),
      )
      if (positives === 0) return assert.is(found, undefined)
      let expected = 0
      for (const level of new Set(items.map(([score]) => score))) {
        const above = items.filter(([score]) => score >= level)
        const gained = items.filter(([score, inside]) => inside && score === level).length
        expected += (gained / positives) * (above.filter(([, inside]) => inside).length / above.length)
      }
      assert.ok(Math.abs((found ?? 0) - expected) < 1e-12)
    }),
    { seed: 4 },
  )
})

test('chance agrees with random maps', () => {
  const size = 64
  const shape = { images: 20, rows: size, columns: size, size }
  let state = 1
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const pixels = shape.images * size * size
  const masks = Uint8Array.from({ length: pixels }, (_, pixel) => (pixel % size < 24 ? 1 : 0))
  const scores = Float32Array.from({ length: pixels }, () => random() - 0.7)
  const { metrics, concepts } = localisation([{ name: 'water', scores, masks }], shape)
  const chance = localisationChance(concepts)
  for (const name of ['iou_water', 'ap_water', 'mean_iou']) {
    assert.ok(Math.abs((metrics[name] ?? 0) - (chance[name] ?? 0)) < 1, `${name}: ${metrics[name]}, ${chance[name]}`)
  }
  assert.is(chance.pointing_water, 37.5)
  assert.is(chance.image_iou_water, undefined)
})

test('the mean mask is cut where it does best on the reference', () => {
  // Inside in 4, 4, 1 and 0 of four images: two pixels reach 8 / 9, three only 9 / 12.
  const reference = Uint8Array.of(1, 1, 1, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0)
  const margins = [...meanMaskScores(reference, 2)]
  const inside = margins.map(margin => margin > 0)
  assert.equal(inside, [true, true, false, false])
  const concept = meanMaskConcept({ name: 'water', masks: Uint8Array.of(1, 0, 0, 0) }, { reference, size: 2 })
  const { metrics } = localisation([concept], { images: 1, rows: 2, columns: 2, size: 2 })
  assert.is(metrics.iou_water, 50)
  assert.throws(() => meanMaskScores(new Uint8Array(4), 2), /No reference mask/)
})

test('faults are named', () => {
  const shape = { images: 1, rows: 1, columns: 1, size: 2 }
  const concept = { name: 'water', scores: Float32Array.of(1), masks: new Uint8Array(4) }
  assert.throws(() => localisation([{ ...concept, masks: new Uint8Array(3) }], shape), /Masks of "water" have 3 values/)
  assert.throws(() => localisation([{ ...concept, scores: Float32Array.of(Number.NaN) }], shape), /not finite/)
})

test.run()
