/** Bands of TIFF files as RGB of 8 bits: any number of bands, of any type, block by block. */
import { DataFault } from '../../../dsl/diagnostics/faults.ts'
import type { Raster } from '../image.ts'
import { type Decompress, loadDecompressor } from './decompress.ts'
import type { ByteSource, TiffDirectory } from './directory.ts'

/** The values of black and of white. */
export type ValueRange = readonly [black: number, white: number]

/** The bands to read, and their ranges. */
export interface BandOptions {
  /** Bands of red, green and blue, or of grey, from 0. */
  readonly bands: readonly number[]
  /** One for each of the bands. */
  readonly ranges: readonly ValueRange[]
  /** Pixels of the file that make one of the result, in each direction, by their mean. @default 1 */
  readonly shrink?: number
}

/** Largest block that is read, decompressed. */
const mostBlockBytes = 2 ** 30

/** Blocks of one plane. */
const blocksOf = ({ width, height, block }: TiffDirectory): number =>
  Math.ceil(width / block.width) * Math.ceil(height / block.height)

type BandValues =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array

/** Reads bands as RGB. Throws a fault where a block is damaged or missing. */
export async function readTiffBands(
  source: ByteSource,
  directory: TiffDirectory,
  { bands, ranges, shrink = 1 }: BandOptions,
): Promise<Raster> {
  const { width, height, block, isPlanar } = directory
  const [columns, rows] = [Math.ceil(width / shrink), Math.ceil(height / shrink)]
  const mean = createMean({ columns, rows, shrink, width, height })
  const decompress = await loadDecompressor(directory.compression)
  const read = (index: number) => readBlock(source, directory, { index, decompress })
  const across = Math.ceil(width / block.width)
  for (let index = 0; index < blocksOf(directory); index++) {
    const [left, top] = [(index % across) * block.width, Math.floor(index / across) * block.height]
    const planes = isPlanar
      ? await Promise.all(bands.map(band => read(band * blocksOf(directory) + index)))
      : [await read(index)]
    const stride = isPlanar ? 1 : directory.bands
    for (const [channel, band] of bands.entries()) {
      const [black, white] = ranges[channel] ?? [0, 255]
      const values = (isPlanar ? planes[channel] : planes[0]) ?? new Uint8Array()
      mean.add(
        { values, stride, start: isPlanar ? 0 : band, left, top, block },
        { channel, black, factor: 255 / (white - black) },
      )
    }
  }
  return { data: mean.pixels(bands.length === 1), width: columns, height: rows, channels: 3 }
}

interface Area {
  readonly values: BandValues
  readonly stride: number
  readonly start: number
  readonly left: number
  readonly top: number
  readonly block: { readonly width: number; readonly height: number }
}

/** Gathers pixels of 8 bits, or the means of squares of them. */
function createMean({
  columns,
  rows,
  shrink,
  width,
  height,
}: {
  readonly columns: number
  readonly rows: number
  readonly shrink: number
  readonly width: number
  readonly height: number
}) {
  const sums = shrink === 1 ? new Uint8Array(columns * rows * 3) : new Float32Array(columns * rows * 3)
  return {
    add(
      { values, stride, start, left, top, block }: Area,
      { channel, black, factor }: { readonly channel: number; readonly black: number; readonly factor: number },
    ): void {
      const right = Math.min(left + block.width, width)
      const bottom = Math.min(top + block.height, height)
      for (let y = top; y < bottom; y++) {
        let from = (y - top) * block.width * stride + start
        const row = Math.floor(y / shrink) * columns
        for (let x = left; x < right; x++) {
          const value = Math.round(((values[from] ?? 0) - black) * factor)
          // No data is black: what is no number compares false.
          const pixel = value > 0 ? Math.min(value, 255) : 0
          const to = (row + Math.floor(x / shrink)) * 3 + channel
          sums[to] = (sums[to] ?? 0) + pixel
          from += stride
        }
      }
    },
    pixels(isGrey: boolean): Uint8Array {
      const out = sums instanceof Uint8Array ? sums : new Uint8Array(sums.length)
      for (let pixel = 0; pixel < columns * rows; pixel++) {
        const across = Math.min(shrink, width - (pixel % columns) * shrink)
        const down = Math.min(shrink, height - Math.floor(pixel / columns) * shrink)
        for (let channel = 0; channel < 3; channel++) {
          const sum = sums[3 * pixel + (isGrey ? 0 : channel)] ?? 0
          out[3 * pixel + channel] = Math.round(sum / (across * down))
        }
      }
      return out
    },
  }
}

async function readBlock(
  source: ByteSource,
  directory: TiffDirectory,
  { index, decompress }: { readonly index: number; readonly decompress: Decompress },
): Promise<BandValues> {
  const { block, bits, bands, isPlanar, predictor, isLittleEndian } = directory
  const [offset = 0, count = 0] = [directory.offsets[index], directory.counts[index]]
  const samples = isPlanar ? 1 : bands
  const bytesEach = (bits[0] ?? 8) / 8
  const length = block.width * block.height * samples * bytesEach
  if (length > mostBlockBytes)
    throw new DataFault(`its blocks hold ${length} bytes, and at most ${mostBlockBytes} are read; write it in tiles`)
  // Sparse files leave out blocks without data.
  if (count === 0) return new Uint8Array(block.width * block.height * samples)
  if (offset + count > source.length)
    throw new DataFault(`it is cut short: block ${index} lies beyond its end`, { byte: source.length })
  const raw = decompressBlock(await source.read(offset, count), { decompress, length, index, offset })
  const rowBytes = block.width * samples * bytesEach
  const top = Math.floor((index % blocksOf(directory)) / Math.ceil(directory.width / block.width)) * block.height
  const least = Math.min(block.height, directory.height - top) * rowBytes
  if (raw.length < least)
    throw new DataFault(`its block ${index} holds ${raw.length} of ${least} bytes`, { byte: offset })
  // The last strip may be shorter than the others; typed arrays need their own alignment.
  const bytes = new Uint8Array(length)
  bytes.set(raw.subarray(0, length))
  if (predictor === 3) undoFloatPredictor(bytes, { rowBytes, samples, bytesEach })
  else if (!isLittleEndian) swapBytes(bytes, bytesEach)
  const values = valuesOf(bytes, directory)
  if (predictor === 2) undoPredictor(values, { perRow: block.width * samples, samples })
  return values
}

function decompressBlock(
  bytes: Uint8Array,
  at: { readonly decompress: Decompress; readonly length: number; readonly index: number; readonly offset: number },
): Uint8Array {
  try {
    return at.decompress(bytes, at.length)
  } catch (cause) {
    throw new DataFault(`its block ${at.index} is damaged`, { byte: at.offset, cause })
  }
}

function valuesOf({ buffer }: Uint8Array<ArrayBuffer>, { bits, formats }: TiffDirectory): BandValues {
  const isSigned = formats[0] === 2
  switch (bits[0]) {
    case 8:
      return isSigned ? new Int8Array(buffer) : new Uint8Array(buffer)
    case 16:
      return isSigned ? new Int16Array(buffer) : new Uint16Array(buffer)
    case 32:
      return formats[0] === 3 ? new Float32Array(buffer) : isSigned ? new Int32Array(buffer) : new Uint32Array(buffer)
    default:
      return new Float64Array(buffer)
  }
}

function swapBytes(bytes: Uint8Array, size: number): void {
  if (size === 1) return
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse()
}

/** Values are differences to the pixel on the left. */
function undoPredictor(
  values: BandValues,
  { perRow, samples }: { readonly perRow: number; readonly samples: number },
): void {
  for (let row = 0; row < values.length; row += perRow)
    for (let at = row + samples; at < row + perRow; at++) values[at] = (values[at] ?? 0) + (values[at - samples] ?? 0)
}

/** Bytes are differences to the pixel on the left, and the bytes of a row are sorted by their weight, highest first. */
function undoFloatPredictor(
  bytes: Uint8Array,
  { rowBytes, samples, bytesEach }: { readonly rowBytes: number; readonly samples: number; readonly bytesEach: number },
): void {
  const count = rowBytes / bytesEach
  const sorted = new Uint8Array(rowBytes)
  for (let row = 0; row < bytes.length; row += rowBytes) {
    for (let at = row + samples; at < row + rowBytes; at++)
      bytes[at] = ((bytes[at] ?? 0) + (bytes[at - samples] ?? 0)) & 255
    sorted.set(bytes.subarray(row, row + rowBytes))
    for (let value = 0; value < count; value++)
      for (let byte = 0; byte < bytesEach; byte++)
        bytes[row + value * bytesEach + byte] = sorted[(bytesEach - 1 - byte) * count + value] ?? 0
  }
}
