import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'
import { createResampler, type FilterName, filterNames, type PixelBox, tapsOf } from '../../runtime/data/resample.ts'

const random = createRandom(1, 'resample')
const width = 13
const height = 9
const picture = {
  data: Uint8Array.from({ length: width * height * 4 }, () => random.below(256)),
  width,
  height,
  channels: 4,
} as const

const kernels: Readonly<Record<FilterName, (x: number) => number>> = {
  bilinear: x => (x < 1 ? 1 - x : 0),
  bicubic: x => (x < 1 ? 1.5 * x ** 3 - 2.5 * x ** 2 + 1 : x < 2 ? -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2 : 0),
  lanczos3: x =>
    x === 0 ? 1 : x < 3 ? (3 * Math.sin(Math.PI * x) * Math.sin((Math.PI * x) / 3)) / (Math.PI * x) ** 2 : 0,
}

/** Every pixel of the picture weighted by the kernel around each position, in both directions at once. */
function bruteForce({ left, top, width: w, height: h }: PixelBox, name: FilterName, columns: number, rows: number) {
  const out: number[] = []
  const [stepX, stepY] = [w / columns, h / rows]
  const weight = (at: number, centre: number, step: number) =>
    kernels[name](Math.abs(at + 0.5 - centre) / Math.max(1, step))
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      for (let channel = 0; channel < 3; channel++) {
        let [sum, total] = [0, 0]
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++) {
            const share = weight(x, left + (column + 0.5) * stepX, stepX) * weight(y, top + (row + 0.5) * stepY, stepY)
            sum += share * (picture.data[(y * width + x) * 4 + channel] ?? 0)
            total += share
          }
        out.push(sum / total)
      }
  return out
}

const boxes: readonly (readonly [string, PixelBox, number, number])[] = [
  ['the whole, smaller', { left: 0, top: 0, width, height }, 5, 4],
  ['the whole, larger', { left: 0, top: 0, width, height }, 20, 31],
  ['a part between pixels', { left: 2.3, top: 1.7, width: 7.9, height: 4.1 }, 6, 6],
  ['a part at the edge, much smaller', { left: 5.5, top: 0, width: 7.5, height: 9 }, 2, 3],
]
for (const name of filterNames)
  for (const [what, box, columns, rows] of boxes)
    test(`${name} of ${what} is what every pixel weighted by the kernel gives`, () => {
      const across = tapsOf({ source: width, start: box.left, length: box.width, size: columns }, name)
      const down = tapsOf({ source: height, start: box.top, length: box.height, size: rows }, name)
      const found = createResampler()(picture, across, down)
      const expected = bruteForce(box, name, columns, rows)
      assert.is(found.length, expected.length)
      for (const [i, value] of expected.entries())
        assert.ok(Math.abs(value - (found[i] ?? Number.NaN)) < 0.1, `${i}: ${found[i]} is not ${value}`)
    })

test('a picture of one colour keeps it, whatever is cut', () => {
  const grey = { data: new Uint8Array(8 * 8 * 3).fill(93), width: 8, height: 8, channels: 3 } as const
  const taps = tapsOf({ source: 8, start: 1.4, length: 5.2, size: 7 }, 'lanczos3')
  assert.ok(createResampler()(grey, taps, taps).every(value => value === 93))
})

test.run()
