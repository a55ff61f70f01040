import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeImage, streamJpeg } from '../../runtime/data/image.ts'
import { type StoreOptions, storeImage } from '../../runtime/data/stored_image.ts'
import { inTempFolder, sharedPath, testWithShared } from '../support.ts'
import { type BandType, type TiffPage, tiffFile } from './tiff_file.ts'

const store = (image: Uint8Array | string, options: Partial<StoreOptions> = {}) =>
  storeImage(image, { name: "'x'", filter: 'lanczos3', ...options })

/** The reason for which an image is refused. */
async function refusal(image: Uint8Array, options: Partial<StoreOptions> = {}): Promise<string> {
  try {
    await store(image, options)
  } catch (fault) {
    return fault instanceof Error ? fault.message.replace("Cannot read image 'x': ", '') : String(fault)
  }
  return 'stored'
}

/** The colour of the middle of a stored image. */
async function colour(image: Uint8Array | string, options: Partial<StoreOptions> = {}): Promise<readonly number[]> {
  const { bytes } = await store(image, options)
  const { data, width, height } = await decodeImage(bytes, { name: 'x' })
  const at = 3 * (Math.floor(height / 2) * width + Math.floor(width / 2))
  return [...data.subarray(at, at + 3)]
}

/** A TIFF of one colour. */
const plain = (type: BandType, values: readonly number[], others: Partial<TiffPage> = {}) =>
  tiffFile({
    width: 24,
    height: 20,
    type,
    bands: values.length,
    photometric: 2,
    value: band => values[band] ?? 0,
    ...others,
  })

const isNear = (found: readonly number[], expected: readonly number[]) =>
  assert.ok(
    found.every((value, i) => Math.abs(value - (expected[i] ?? 0)) <= 2),
    `${found}`,
  )

test('bands beyond RGB are no transparency unless the file says so', async () => {
  isNear(await colour(plain('uint8', [120, 160, 90, 60], { extraSamples: [0] })), [120, 160, 90])
  isNear(await colour(plain('uint8', [120, 160, 90, 60, 9], { extraSamples: [0, 0] })), [120, 160, 90])
  isNear(await colour(plain('uint8', [120, 160, 90, 60, 9], { extraSamples: [0, 0] }), { size: 8 }), [120, 160, 90])
  isNear(await colour(plain('uint8', [120, 160, 90, 128], { extraSamples: [2] })), [60, 80, 45])
  isNear(await colour(plain('uint8', [120], { photometric: 1 })), [120, 120, 120])
})

test('colours that GDAL notes for its bands are found', async () => {
  const roles = ['Blue', 'Green', 'Red', 'NIR']
  const items = roles.map((role, i) => `<Item name="COLORINTERP" sample="${i}" role="colorinterp">${role}</Item>`)
  const gdalMetadata = `<GDALMetadata>\n${items.join('\n')}\n</GDALMetadata>`
  const options = { photometric: 1, extraSamples: [0, 0, 0] }
  isNear(await colour(plain('uint8', [90, 160, 120, 60], { ...options, gdalMetadata })), [120, 160, 90])
})

test('bands and depths that do not say their colours are refused with their number, type and size', async () => {
  const eight = plain('uint8', [1, 2, 3, 4, 5, 6, 7, 8], { photometric: 1, extraSamples: [0, 0, 0, 0, 0, 0, 0] })
  const nameBands = "name them by 'bands', such as bands: [4, 3, 2]"
  const nameScale = "give them by 'scale', such as scale: [0, 3000]"
  const cases: readonly (readonly [Uint8Array, string])[] = [
    [
      eight,
      `it has 8 bands of 8 bits (24 x 20 pixels), and does not say which of them are red, green and blue; ${nameBands}`,
    ],
    [
      plain('uint8', [1, 2], { photometric: 1, extraSamples: [0] }),
      `it has 2 bands of 8 bits (24 x 20 pixels), and does not say which of them are red, green and blue; ${nameBands}`,
    ],
    [
      plain('uint16', [1200, 1600, 900]),
      `it has 3 bands of 16-bit unsigned integers (24 x 20 pixels), and does not say which values are black and white; ${nameScale}`,
    ],
    [
      plain('int16', [1200], { photometric: 1 }),
      `it has 1 band of 16-bit signed integers (24 x 20 pixels), and does not say which values are black and white; ${nameScale}`,
    ],
    [
      plain('float32', [0.5, 0.6, 0.3]),
      `it has 3 bands of 32-bit floating-point numbers (24 x 20 pixels), and does not say which values are black and white; ${nameScale}`,
    ],
    [
      plain('float64', [0.5, 0.6, 0.3]),
      `it has 3 bands of 64-bit floating-point numbers (24 x 20 pixels), and does not say which values are black and white; ${nameScale}`,
    ],
  ]
  for (const [image, reason] of cases) assert.is(await refusal(image), reason)
  assert.match(
    await refusal(plain('uint16', [1, 2, 3]), { bands: [4, 3, 2], scale: [[0, 9]] }),
    /, and no band 4; name/,
  )
})

test('bands and scale make RGB of any number of bands of any type', async () => {
  const types: readonly (readonly [BandType, number])[] = [
    ['uint16', 10],
    ['int16', -10],
    ['uint32', 1000],
    ['int32', -1000],
    ['float32', 0.001],
    ['float64', -0.001],
    ['uint8', 0.2],
    ['int8', -0.1],
  ]
  for (const [type, unit] of types) {
    const values = [0, 90, 160, 120, 400].map(value => value * unit)
    const image = plain(type, values, { photometric: 1, extraSamples: [0, 0, 0, 0] })
    const scale = [[0, 255 * unit]] as const
    const isCoarse = Math.abs(unit) >= 0.1 && Math.abs(unit) < 1
    const found = await colour(image, { bands: [4, 3, 2], scale })
    assert.ok(
      found.every((value, i) => Math.abs(value - ([120, 160, 90][i] ?? 0)) <= (isCoarse ? 6 : 2)),
      `${type} ${found}`,
    )
    isNear(await colour(image, { bands: [5], scale }), [255, 255, 255])
    isNear(await colour(image, { bands: [1, 1, 5], scale, size: 10 }), [0, 0, 255])
  }
  const image = plain('uint16', [100, 200, 300])
  const scale = [
    [0, 200],
    [100, 300],
    [0, 300],
  ] as const
  isNear(await colour(image, { scale }), [128, 128, 255])
  const grey = plain('int16', [100], { photometric: 1 })
  isNear(await colour(grey, { scale }), [128, 0, 85])
  const nodata = plain('float32', [Number.NaN, 0.5, -9999])
  isNear(await colour(nodata, { scale: [[0, 1]] }), [0, 128, 0])
  assert.match(
    await refusal(
      await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
        .jpeg()
        .toBuffer(),
      {
        bands: [3, 2, 1],
      },
    ),
    /^it is a JPEG of 8 x 8 pixels, and bands and scale are for TIFF and for PNG of 16 bits; leave them out$/,
  )
})

test('strips, tiles, planes and compressions of TIFF give the same pixels as the image decoder', async () => {
  const [width, height] = [70, 45]
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7 + (i >> 6) * 31) % 256)
  const picture = () => sharp(data, { raw: { width, height, channels: 3 } })
  const expected = await picture().png().toBuffer()
  const { data: pixels } = await decodeImage(expected, { name: 'x' })
  for (const compression of ['none', 'lzw', 'deflate', 'packbits'] as const)
    for (const predictor of ['none', 'horizontal'] as const)
      for (const tile of [false, true]) {
        const image = await picture().tiff({ compression, predictor, tile, tileWidth: 32, tileHeight: 16 }).toBuffer()
        const { bytes } = await store(image, { bands: [1, 2, 3], size: width })
        const direct = await store(expected, { size: width })
        const [found, wanted] = await Promise.all([bytes, direct.bytes].map(one => decodeImage(one, { name: 'x' })))
        assert.is(
          Buffer.compare(Buffer.from(found?.data ?? []), Buffer.from(wanted?.data ?? [])),
          0,
          `${compression} ${predictor} ${tile}`,
        )
      }
  assert.is(pixels.length, data.length)
})

test('an image is stored upright, by the orientation that it notes', async () => {
  const left = sharp({ create: { width: 20, height: 10, channels: 3, background: 'white' } }).composite([
    { input: { create: { width: 10, height: 10, channels: 3, background: 'black' } }, left: 0, top: 0 },
  ])
  const upright = await left.jpeg({ quality: 100 }).toBuffer()
  const turned = await sharp(upright).withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer()
  assert.ok((await store(upright)).isCopy)
  const { bytes, isCopy } = await store(turned)
  assert.not.ok(isCopy)
  const { data, width, height } = await decodeImage(bytes, { name: 'x' })
  assert.equal([width, height], [10, 20])
  // The left half is at the top after a quarter turn clockwise.
  assert.ok((data[0] ?? 255) < 30 && (data[data.length - 1] ?? 0) > 225)
  const square = await decodeImage((await store(turned, { size: 10 })).bytes, { name: 'x' })
  assert.ok((square.data[0] ?? 255) < 30 && (square.data[square.data.length - 1] ?? 0) > 225)
})

/** A chunk of a PNG; its check sum is not read before it is decoded. */
const chunk = (type: string, content: Buffer): Buffer => {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(content.length, 0)
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, content, Buffer.alloc(4)])
}

test('animated files and files of several pages are refused; overviews and masks are no pages', async () => {
  const frame = (value: number) => Buffer.alloc(8 * 8 * 3, value)
  const frames = Buffer.concat([frame(10), frame(90), frame(200)])
  const animation = () => sharp(frames, { raw: { width: 8, height: 24, channels: 3, pageHeight: 8 } })
  for (const image of [await animation().gif().toBuffer(), await animation().webp().toBuffer()])
    assert.is(await refusal(image), 'it has 3 frames of 8 x 8 pixels, and an image has one; export one of the frames')
  const png = await sharp(frame(10), { raw: { width: 8, height: 8, channels: 3 } })
    .png()
    .toBuffer()
  const control = Buffer.from([0, 0, 0, 2, 0, 0, 0, 0])
  const animated = Buffer.concat([png.subarray(0, 33), chunk('acTL', control), png.subarray(33)])
  assert.match(await refusal(animated), /^it has 2 frames of 8 x 8 pixels/)
  assert.ok((await store(png)).isCopy)
  const page = (subfile: number): TiffPage => ({
    width: 12,
    height: 10,
    type: 'uint8',
    bands: 3,
    photometric: 2,
    value: () => 50,
    subfile,
  })
  assert.is(
    await refusal(tiffFile(page(0), page(0))),
    'it has 2 pages of 12 x 10 pixels, and an image has one; export one of the pages',
  )
  isNear(await colour(tiffFile(page(0), page(1), page(4))), [50, 50, 50])
})

test('a PNG of 16 bits is read as PNG defines it, unless its values are of a smaller range', async () => {
  const deep = (value: number) => {
    const data = new Uint16Array(12 * 10 * 3).fill(value)
    return sharp(data, { raw: { width: 12, height: 10, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer()
  }
  isNear(await colour(await deep(30_000)), [117, 117, 117])
  assert.match(
    await refusal(await deep(1200)),
    /^it has bands of 16-bit unsigned integers \(12 x 10 pixels\) that reach less than a quarter of 65535/,
  )
  isNear(await colour(await deep(1200), { scale: [[0, 3000]] }), [102, 102, 102])
  const values = [500, 1000, 1500]
  const data = Uint16Array.from({ length: 12 * 10 * 3 }, (_, i) => values[i % 3] ?? 0)
  const rgb = await sharp(data, { raw: { width: 12, height: 10, channels: 3 } })
    .toColourspace('rgb16')
    .png()
    .toBuffer()
  isNear(await colour(rgb, { bands: [3, 2, 1], scale: [[0, 2000]] }), [191, 128, 64])
  isNear(
    await colour(rgb, {
      scale: [
        [0, 1000],
        [0, 2000],
        [0, 3000],
      ],
    }),
    [128, 128, 128],
  )
  assert.is(
    await refusal(rgb, { bands: [4, 3, 2] }),
    "it is a PNG with 3 bands of 16-bit unsigned integers (12 x 10 pixels), and no band 4; name others under 'bands'",
  )
})

test('files that are no images are named for what they are', async () => {
  const cases: readonly (readonly [string | Uint8Array, RegExp])[] = [
    ['', /^it holds 0 bytes; replace or remove it$/],
    ['version https://git-lfs.github.com/spec/v1\noid x', /^it is a pointer of Git LFS, .*; run 'git lfs pull'$/],
    ['<html>Not found</html>', /^it is a web page; download the file again$/],
    ['<svg xmlns="http://www.w3.org/2000/svg"/>', /^it is an SVG drawing, which is not read; convert it/],
    ['BM1234\0\0\0\0', /^it is a BMP image, which is not read/],
    [Buffer.from('0000000c6a5020200d0a870a', 'hex'), /^it is a JPEG 2000 image, which is not read/],
    ['no picture', /^it is no picture of a known format, or its first bytes are damaged; replace or remove it$/],
    [
      plain('uint8', [1, 2, 3]).subarray(0, 100),
      /^it is cut short: .* lie beyond its end at 100; replace or remove it$/,
    ],
    [plain('uint16', [1, 2, 3]).subarray(0, 7), /^it is/],
  ]
  for (const [image, reason] of cases) assert.match(await refusal(Buffer.from(image)), reason)
})

/** A frame of Zstandard with one block that is stored as it is. */
function zstdFrame(content: Buffer): Buffer {
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0, 0, 0, 0])
  head.writeUInt32LE(content.length, 5)
  head.writeUIntLE((content.length << 3) | 1, 9, 3)
  return Buffer.concat([head, content])
}

test('damage in a TIFF of many bands is named with its block, and compressions that are not read by their name', async () => {
  const values = [120, 160, 90, 60]
  const compressed = (...compression: NonNullable<TiffPage['compression']>) =>
    plain('uint8', values, { extraSamples: [0], compression })
  isNear(await colour(compressed(8, deflateSync)), [120, 160, 90])
  isNear(await colour(compressed(50_000, zstdFrame)), [120, 160, 90])
  isNear(await colour(plain('uint8', values.slice(0, 3), { compression: [50_000, zstdFrame] })), [120, 160, 90])
  assert.is(
    await refusal(compressed(8, pixels => pixels)),
    'it is damaged or cut short: its block 0 is damaged; replace or remove it',
  )
  assert.match(
    await refusal(compressed(8, pixels => deflateSync(pixels.subarray(0, 96)))),
    /^it is damaged or cut short: its block 0 holds 96 of 1920 bytes; replace/,
  )
  assert.is(
    await refusal(compressed(34_887, pixels => pixels)),
    'it has 4 bands of 8 bits (24 x 20 pixels), and its compression, LERC, is not read; convert it to deflate',
  )
})

test('an image that is encoded while it is decoded has the same colours', async () => {
  const image = plain('uint8', [120, 160, 90])
  const { data, width } = await decodeImage(await streamJpeg(image, { orientation: 1, quality: 92 }), { name: 'x' })
  assert.is(width, 24)
  isNear([...data.subarray(0, 3)], [120, 160, 90])
})

test('scenes beyond the usual limit of pixels are stored, as they are and scaled', () =>
  inTempFolder(async folder => {
    const create = { width: 17_000, height: 16_000, channels: 3, background: '#78a05a' } as const
    const scene = await sharp({ create, limitInputPixels: false }).jpeg({ quality: 60 }).toBuffer()
    const { bytes, isCopy } = await store(scene)
    assert.ok(isCopy && bytes === scene)
    isNear(await colour(scene, { size: 32 }), [120, 160, 90])
    const path = join(folder, 'scene.jpg')
    await writeFile(path, scene)
    isNear(await colour(path, { size: 16 }), [120, 160, 90])
  }))

testWithShared(test, 'cases/tiff_bands', 'bands of the cases are read where they say their colours', async () => {
  const file = (name: string) => sharedPath(`cases/tiff_bands/one/${name}/${name}.tif`)
  for (const name of ['naip_rgbn_unspecified', 'five']) isNear(await colour(file(name)), [120, 160, 90])
  for (const [name, scale] of [
    ['s2_uint16', [0, 2550]],
    ['int16', [0, 2550]],
    ['float255', [0, 255]],
    ['float01', [0, 1]],
  ] as const)
    isNear(await colour(file(name), { bands: [1, 2, 3], scale: [scale] }), [120, 160, 90])
})

test.run()
