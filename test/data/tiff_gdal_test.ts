/** TIFF files that GDAL writes, in the layouts of its options, against the values that they were made of. */
import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openBytes } from '../../runtime/data/image_facts.ts'
import { readTiffBands } from '../../runtime/data/tiff/bands.ts'
import { readTiffDirectories } from '../../runtime/data/tiff/directory.ts'
import { inTempFolder } from '../support.ts'
import { type BandType, tiffFile } from './tiff_file.ts'

const types: readonly BandType[] = ['uint8', 'uint16', 'int16', 'uint32', 'int32', 'float32', 'float64']

const rasters = fc.record({
  type: fc.constantFrom(...types),
  width: fc.integer({ min: 1, max: 70 }),
  height: fc.integer({ min: 1, max: 50 }),
  bands: fc.integer({ min: 1, max: 6 }),
  seed: fc.integer({ min: 1, max: 1e6 }),
  compress: fc.constantFrom('NONE', 'LZW', 'DEFLATE', 'PACKBITS', 'ZSTD'),
  hasPredictor: fc.boolean(),
  block: fc.constantFrom([], ['TILED=YES', 'BLOCKXSIZE=32', 'BLOCKYSIZE=16'], ['BLOCKYSIZE=7']),
  interleave: fc.constantFrom('PIXEL', 'BAND'),
  big: fc.constantFrom('YES', 'NO'),
  endianness: fc.constantFrom('LITTLE', 'BIG'),
  isSparse: fc.boolean(),
})

/** A value of a small range, many of them equal or zero, as images have it. */
const valueAt = (seed: number, band: number, x: number, y: number): number =>
  y % 16 < 8 && seed % 2 === 0
    ? 0
    : (Math.imul(seed + band * 7919 + (x >> 1) * 31 + (y >> 2) * 17, 2_654_435_761) >>> 0) % 200

const name = 'TIFF files of GDAL in any layout, byte order, compression and type are read as they were written'
if (spawnSync('gdal_translate', ['--version']).status === 0)
  test(name, () =>
    inTempFolder(folder =>
      fc.assert(
        fc.asyncProperty(
          rasters,
          async ({ type, width, height, bands, seed, compress, hasPredictor, block, ...how }) => {
            const plain = tiffFile({
              ...{ type, width, height, bands, photometric: 1 },
              extraSamples: Array.from({ length: bands - 1 }, () => 0),
              value: (band, x, y) => valueAt(seed, band, x, y),
            })
            const [from, to] = [join(folder, 'from.tif'), join(folder, 'to.tif')]
            await writeFile(from, plain)
            // GDAL 3.6 does not read back its own floating-point predictor in the other byte order.
            const isOdd = type.startsWith('float') && how.endianness === 'BIG'
            const predictor = hasPredictor && !isOdd && ['LZW', 'DEFLATE', 'ZSTD'].includes(compress)
            const options = [
              `COMPRESS=${compress}`,
              `INTERLEAVE=${how.interleave}`,
              `BIGTIFF=${how.big}`,
              `ENDIANNESS=${how.endianness}`,
              ...(predictor ? [`PREDICTOR=${type.startsWith('float') ? 3 : 2}`] : []),
              ...(how.isSparse ? ['SPARSE_OK=TRUE'] : []),
              ...block,
            ]
            const written = spawnSync('gdal_translate', ['-q', ...options.flatMap(option => ['-co', option]), from, to])
            assert.is(written.status, 0, `${options} ${written.stderr}`)
            const source = await openBytes(await readFile(to))
            const [directory] = await readTiffDirectories(source)
            assert.ok(directory)
            if (directory === undefined) return
            const chosen = [bands - 1, 0, Math.floor(bands / 2)]
            const { data } = await readTiffBands(source, directory, {
              bands: chosen,
              ranges: chosen.map((_, channel) => [0, 255 + channel] as const),
            })
            for (let y = 0; y < height; y++)
              for (let x = 0; x < width; x++)
                for (const [channel, band] of chosen.entries()) {
                  const expected = Math.round((valueAt(seed, band, x, y) * 255) / (255 + channel))
                  const found = data[3 * (y * width + x) + channel]
                  if (found !== expected) assert.is(found, expected, `${type} ${options} ${x} ${y} ${channel}`)
                }
          },
        ),
        { seed: 21, numRuns: 40 },
      ),
    ),
  )
else console.log(`skipped: ${name} (needs gdal_translate)`)

test.run()
