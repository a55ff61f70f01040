import sharp, { type Sharp } from 'sharp'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createCenterCrop } from '../../runtime/data/center_crop.ts'
import { decodeImage } from '../../runtime/data/image.ts'
import { createRandom } from '../../runtime/data/random.ts'

/** Smooth noise: what pictures are like, with detail enough to tell filters apart. */
function noise(width: number, height: number) {
  const random = createRandom(7, `${width} ${height}`)
  const data = Uint8Array.from({ length: width * height * 3 }, () => random.below(256))
  return sharp(data, { raw: { width, height, channels: 3 } }).blur(2)
}

/** Largest and mean difference from what the pipeline of sharp gives. */
async function apart(bytes: Uint8Array, size: number) {
  const found = await createCenterCrop(size)(bytes, 'x')
  const { data } = await decodeImage(bytes, { name: 'x', size })
  assert.is(found.length, data.length)
  const differences = [...found].map((value, i) => Math.abs(value - (data[i] ?? Number.NaN)))
  return { most: Math.max(...differences), mean: differences.reduce((a, b) => a + b) / differences.length }
}

const kinds: readonly (readonly [string, (picture: Sharp) => Sharp])[] = [
  ['JPEG', picture => picture.jpeg()],
  ['JPEG without subsampling', picture => picture.jpeg({ chromaSubsampling: '4:4:4' })],
  ['progressive JPEG', picture => picture.jpeg({ progressive: true })],
  ['grey JPEG', picture => picture.toColourspace('b-w').jpeg()],
  ['CMYK JPEG', picture => picture.toColourspace('cmyk').jpeg()],
  ['JPEG with a colour profile', picture => picture.withIccProfile('p3').jpeg()],
  ['PNG', picture => picture.png()],
  ['PNG with alpha', picture => picture.ensureAlpha(0.5).png()],
]
for (const [name, encode] of kinds)
  test(`a square of a ${name} is that of sharp's Lanczos-3, but for rounding`, async () => {
    const bytes = await encode(noise(40, 40)).toBuffer()
    assert.equal(await apart(bytes, 40), { most: 0, mean: 0 }, 'at its own size it is the same')
    const { most, mean } = await apart(bytes, 20)
    assert.ok(most <= 3 && mean < 0.5, `up to ${most} and ${mean} in the mean apart`)
  })

test('of a picture that is no square the centre is cut', async () => {
  const bytes = await noise(60, 40).png().toBuffer()
  const centre = await sharp(bytes).extract({ left: 10, top: 0, width: 40, height: 40 }).raw().toBuffer()
  assert.equal([...(await createCenterCrop(40)(bytes, 'x'))], [...centre])
})

test('bytes that are cut short or no picture are an error with the name', async () => {
  const bytes = await noise(40, 40).jpeg().toBuffer()
  const fault = (of: Uint8Array) =>
    createCenterCrop(20)(of, "'a' in b").then(
      () => 'no error',
      (error: Error) => error.message,
    )
  assert.match(
    await fault(bytes.subarray(0, bytes.length / 2)),
    /^Cannot read image 'a' in b: .*; replace or remove it$/,
  )
  assert.match(await fault(Buffer.from('no picture')), /^Cannot read image 'a' in b: /)
})

test('a scene beyond the usual limit of pixels is scaled while it is decoded', async () => {
  const create = { width: 17_000, height: 16_000, channels: 3, background: '#78a05a' } as const
  const scene = await sharp({ create, limitInputPixels: false }).jpeg({ quality: 60, progressive: false }).toBuffer()
  const crop = await createCenterCrop(8)(scene, 'x')
  assert.is(crop.length, 8 * 8 * 3)
  assert.ok([...crop].every((value, i) => Math.abs(value - ([120, 160, 90][i % 3] ?? 0)) <= 2))
})

test.run()
