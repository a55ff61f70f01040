import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom, type Random } from '../../runtime/data/random.ts'
import type { PixelBox } from '../../runtime/data/resample.ts'
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

/** Random numbers that are given: `between` takes the next as a share of its range, `below` as it is. */
const given = (...numbers: readonly number[]): Random => {
  const left = [...numbers]
  const next = (): number => {
    const number = left.shift()
    if (number === undefined) throw new Error('More numbers are drawn than are given')
    return number
  }
  return { ...random(), next, between: (low, high) => low + next() * (high - low), below: next }
}
const close = (actual: PixelBox, expected: PixelBox): void => {
  for (const side of ['left', 'top', 'width', 'height'] as const)
    assert.ok(Math.abs(actual[side] - expected[side]) < 1e-9, `${side} is ${actual[side]}, not ${expected[side]}`)
}

test('a crop is cut by share, aspect ratio and place', () => {
  const cut = (...numbers: readonly number[]) => randomCrop(100, { crop: 0.25, aspect: 4 }, given(...numbers))
  // A share of a quarter at a ratio of one, in the corners.
  close(cut(0, 0.5, 0, 0), { left: 0, top: 0, width: 50, height: 50 })
  close(cut(0, 0.5, 1, 0), { left: 50, top: 0, width: 50, height: 50 })
  close(cut(0, 0.5, 0, 1), { left: 0, top: 50, width: 50, height: 50 })
  // The widest is four times as wide as high, the tallest the other way round.
  close(cut(0, 1, 0, 1), { left: 0, top: 75, width: 100, height: 25 })
  close(cut(0, 0, 1, 0.5), { left: 75, top: 0, width: 25, height: 100 })
  // A ratio of two is halfway to four in its logarithm.
  close(cut(0, 0.75, 0, 0), { left: 0, top: 0, width: 50 * Math.SQRT2, height: 50 / Math.SQRT2 })
  // Half of the area fits at a ratio of two at most, the whole at one alone.
  close(cut(1 / 3, 1, 0, 1), { left: 0, top: 50, width: 100, height: 50 })
  close(cut(1, 1, 0.3, 0.7), { left: 0, top: 0, width: 100, height: 100 })
})

const filled = (...pixels: readonly (readonly number[])[]) => Uint8Array.from(pixels.flat())
const viewOf = (spec: object, sizes: { source: number; size: number }, pixels: Uint8Array, numbers: Random) => [
  ...createAugmenter({ ...plain, ...spec }, sizes)(pixels, numbers),
]

test('a view without crop is the whole square, scaled', () => {
  const pixels = filled([0, 0, 0], [40, 0, 0], [80, 0, 0], [200, 0, 80])
  assert.equal(viewOf({}, { source: 2, size: 1 }, pixels, given()), [80, 0, 20])
  const same = viewOf({ crop: 1 }, { source: 2, size: 2 }, pixels, given())
  assert.equal(same, [...pixels])
})

test('a view with crop is cut even where its size is that of the square', () => {
  const pixels = filled([0, 0, 0], [40, 0, 0], [80, 0, 0], [200, 0, 80])
  // A quarter of the area in the first corner holds the first pixel, whose neighbours are near.
  const corner = viewOf({ crop: 0.25, aspect: 1 }, { source: 2, size: 1 }, pixels, given(0, 0.5, 0, 0))
  assert.equal(corner, [0, 0, 0])
  const last = viewOf({ crop: 0.25, aspect: 1 }, { source: 2, size: 1 }, pixels, given(0, 0.5, 1, 1))
  assert.equal(last, [200, 0, 80])
  const whole = viewOf({ crop: 0.25, aspect: 1 }, { source: 2, size: 2 }, pixels, given(1, 0.5, 0, 0))
  assert.equal(whole, [...pixels])
  assert.equal(
    viewOf({ crop: 0.25, aspect: 1 }, { source: 2, size: 2 }, pixels, given(0, 0.5, 0, 0)).slice(0, 3),
    [0, 0, 0],
  )
  assert.not.equal(viewOf({ crop: 0.25, aspect: 1 }, { source: 2, size: 2 }, pixels, given(0, 0.5, 0, 0)), [...pixels])
})

test('a turn is drawn of eight', () => {
  const pixels = filled([1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12])
  const drawn: number[] = []
  const numbers = { ...given(), below: (count: number) => drawn.push(count) }
  // The first element of the group mirrors columns.
  assert.equal(
    viewOf({ dihedral: true }, { source: 2, size: 2 }, pixels, numbers),
    [4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9],
  )
  assert.equal(drawn, [8])
})

test('the turns of a square of two are the eight of its group', () => {
  const turned = (turn: number) => {
    const pixels = Float32Array.from([0, 1, 2, 3].flatMap(value => [value, value, value]))
    return [0, 3, 6, 9].map(at => applyDihedral(pixels, { size: 2, turn })[at])
  }
  assert.equal(
    Array.from({ length: 8 }, (_, turn) => turned(turn)),
    [
      [0, 1, 2, 3],
      [1, 0, 3, 2],
      [2, 3, 0, 1],
      [3, 2, 1, 0],
      [0, 2, 1, 3],
      [2, 0, 3, 1],
      [1, 3, 0, 2],
      [3, 1, 2, 0],
    ],
  )
})

test('every channel of a pixel moves with it', () => {
  const pixels = Float32Array.from({ length: 27 }, (_, i) => i)
  for (let turn = 0; turn < 8; turn++) {
    const view = applyDihedral(pixels, { size: 3, turn })
    for (let at = 0; at < 27; at += 3) {
      const [first = 0, second, third] = view.subarray(at, at + 3)
      assert.equal([first % 3, second, third], [0, first + 1, first + 2])
    }
  }
})

test('jitter is bounded by 0 and 255', () => {
  const pixels = Float32Array.of(250, 250, 250, 5, 5, 5)
  // Brightness and contrast at their most, saturation unchanged.
  jitterColour(pixels, 0.5, given(1, 1, 0.5))
  assert.equal([...pixels], [255, 255, 255, 0, 0, 0])
  const dark = Float32Array.of(200, 100, 0)
  jitterColour(dark, 0.5, given(0, 0.5, 0.5))
  assert.equal([...dark], [100, 50, 0])
})

test('filters that overshoot are brought back into range, and a view without jitter is not changed', () => {
  // A bicubic step overshoots beside its edge.
  const step = filled(...Array.from({ length: 16 }, (_, i) => (i % 4 < 2 ? [0, 0, 0] : [255, 255, 255])))
  const view = viewOf({ filter: 'bicubic' }, { source: 4, size: 8 }, step, given())
  assert.ok(view.every(value => value >= 0 && value <= 255))
  assert.ok(view.includes(255) && view.includes(0))
})

test.run()
