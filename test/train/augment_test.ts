import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'
import { applyDihedral, createAugmenter, jitterColour, randomCrop } from '../../runtime/train/augment.ts'
import { lively, plain } from './loading/support.ts'

const random = () => createRandom(1, 'augment')
const bytes = (length: number) => {
  const numbers = createRandom(2, 'bytes')
  return Uint8Array.from({ length }, () => numbers.below(256))
}

test('nothing to change changes nothing', () => {
  const pixels = bytes(75)
  assert.equal([...createAugmenter(plain, { source: 5, size: 5 })(pixels, random())], [...pixels])
})

test('the eight turns are the symmetries of a square', () => {
  const pixels = Float32Array.from(bytes(27))
  const views = Array.from({ length: 8 }, (_, turn) => [...applyDihedral(pixels, { size: 3, turn })])
  assert.is(new Set(views.map(view => view.join())).size, 8)
  for (const view of views) assert.equal(view.toSorted(), [...pixels].toSorted())
  const at = (view: readonly number[], row: number, column: number) => view.slice((row * 3 + column) * 3).slice(0, 3)
  const [same = [], columns = [], rows = [], , transposed = []] = views
  for (const [row, column] of [
    [0, 0],
    [0, 2],
    [1, 0],
    [2, 1],
  ] as const) {
    const expected = at(same, row, column)
    assert.equal(at(columns, row, 2 - column), expected)
    assert.equal(at(rows, 2 - row, column), expected)
    assert.equal(at(transposed, column, row), expected)
  }
})

test('crops keep their share and their aspect ratio and stay inside, all over the square', () => {
  const numbers = random()
  const seen = { least: 1, widest: 1, tallest: 1, left: 1, right: 0 }
  for (let i = 0; i < 2000; i++) {
    const { left, top, width, height } = randomCrop(80, { crop: 0.3, aspect: 1.5 }, numbers)
    const [share, ratio] = [(width * height) / 6400, width / height]
    assert.ok(share >= 0.3 - 1e-9 && share <= 1 + 1e-9, `share ${share}`)
    assert.ok(ratio >= 1 / 1.5 - 1e-9 && ratio <= 1.5 + 1e-9, `ratio ${ratio}`)
    assert.ok(left >= 0 && top >= 0 && left + width <= 80 + 1e-9 && top + height <= 80 + 1e-9)
    seen.least = Math.min(seen.least, share)
    seen.widest = Math.max(seen.widest, ratio)
    seen.tallest = Math.min(seen.tallest, ratio)
    seen.left = Math.min(seen.left, left / 80)
    seen.right = Math.max(seen.right, (left + width) / 80)
  }
  assert.ok(seen.least < 0.31 && seen.widest > 1.48 && seen.tallest < 1 / 1.48 && seen.left < 0.01 && seen.right > 0.99)
  const { width, height } = randomCrop(80, { crop: 0.5, aspect: 1 }, numbers)
  assert.is(width, height)
})

test('colours change by the three factors that are drawn', () => {
  const strength = 0.4
  const factors = random()
  const [brightness, contrast, saturation] = [0, 1, 2].map(() => 1 + factors.between(-strength, strength))
  const pixels = [200, 40, 90, 10, 250, 120]
  const jittered = Float32Array.from(pixels)
  jitterColour(jittered, strength, random())
  // Each step over the whole picture, one after the other.
  const grey = (i: number) => (pixels.slice(i - (i % 3)).slice(0, 3) as number[]).reduce((a, b) => a + b) / 3
  const saturated = pixels.map((value, i) => grey(i) + (value - grey(i)) * (saturation ?? 1))
  const brightened = saturated.map(value => value * (brightness ?? 1))
  const mean = brightened.reduce((a, b) => a + b) / brightened.length
  const expected = brightened.map(value => Math.min(255, Math.max(0, mean + (value - mean) * (contrast ?? 1))))
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(value - (jittered[i] ?? 0)) < 1e-3)
  assert.not.equal([...jittered].map(Math.round), pixels)
})

test('views stay in range and depend on the random numbers alone', () => {
  const pixels = bytes(20 * 20 * 3).map(value => (value > 127 ? 255 : 0))
  for (const spec of [lively, { ...plain, crop: 0.4, filter: 'lanczos3' as const }]) {
    const view = (seed: number) =>
      createAugmenter(spec, { source: 20, size: 12 })(pixels, createRandom(seed, 'view')).slice()
    assert.equal(view(1), view(1))
    assert.not.equal(view(1), view(2))
    assert.ok(view(3).every(value => value >= 0 && value <= 255))
  }
})

test.run()
