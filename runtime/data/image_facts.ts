/** Facts of encoded images that decide how they are read: format, frames, bands and their type. */
import { open } from 'node:fs/promises'
import sharp from 'sharp'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import { anySize } from './image.ts'
import { otherFormat } from './readers/other_format.ts'
import { type ByteSource, isTiff, readTiffDirectories, type TiffDirectory } from './tiff/directory.ts'

/** Bytes of an image, or the path of its file where it is too large to be in memory. */
export type ImageBytes = Uint8Array | string

/** Facts of an image. */
export interface ImageFacts {
  readonly format: 'jpeg' | 'png' | 'webp' | 'gif' | 'heif' | 'tiff'
  readonly width: number
  readonly height: number
  /** Frames of an animation, or images of a TIFF but for overviews and masks. */
  readonly frames: number
  /** Bits of a band. */
  readonly bits: number
  /** Bands, transparency among them. */
  readonly channels: number
  /** As in EXIF: 1 where the image is stored upright. */
  readonly orientation: number
  /** Of the first image of a TIFF. */
  readonly tiff?: TiffDirectory
}

const formats = ['jpeg', 'png', 'webp', 'gif', 'heif', 'tiff'] as const

/** First bytes, as Latin-1, of formats that are not read. */
const others: readonly (readonly [name: string, ...signatures: readonly string[]])[] = [
  ['a BMP image', 'BM'],
  ['a JPEG 2000 image', '\0\0\0\x0cjP  ', '\xff\x4f\xff\x51'],
  ['an HDF5 file', '\x89HDF\r\n'],
  ['an HDF4 file', '\x0e\x03\x13\x01'],
  ['a NetCDF file', 'CDF\x01', 'CDF\x02', 'CDF\x05'],
  ['a NITF image', 'NITF0'],
  ['a PDF', '%PDF-'],
  ['an SVG drawing', '<svg', '<?xml'],
  ['a NumPy array', '\x93NUMPY'],
]

/** The reason why an image is not read. */
export interface ImageRefusal {
  /** A clause that follows the name of the image. */
  readonly reason: string
  /** An edit that mends it; undefined where the image is damaged. */
  readonly hint?: string
}

/**
 * Reads the facts of an image, or the reason why it has none. A TIFF's come from its own directories: what the decoder
 * says of many bands is often wrong.
 */
export async function readImageFacts(image: ImageBytes): Promise<ImageFacts | ImageRefusal> {
  const source = await openBytes(image)
  try {
    if (source.length === 0) return { reason: 'it holds 0 bytes' }
    const first = await source.read(0, Math.min(512, source.length))
    const other = otherFormat(first)
    if (other !== undefined) return { reason: `it is ${other.name}`, hint: other.hint }
    const text = Buffer.from(first).toString('latin1')
    const known = others.find(([, ...signatures]) => signatures.some(signature => text.startsWith(signature)))
    if (known !== undefined)
      return { reason: `it is ${known[0]}, which is not read`, hint: 'convert it to JPEG, PNG or TIFF' }
    const tiff = isTiff(first) ? (await readTiffDirectories(source)).filter(page => !page.isAuxiliary) : undefined
    const [page] = tiff ?? []
    if (tiff !== undefined && page === undefined) return { reason: 'it is a TIFF without an image' }
    const metadata = await sharp(image, anySize)
      .metadata()
      .catch(() => undefined)
    const format = page === undefined ? formats.find(one => one === metadata?.format) : 'tiff'
    if (format === undefined) return { reason: 'it is no picture of a known format, or its first bytes are damaged' }
    return {
      format,
      width: page?.width ?? metadata?.width ?? 0,
      height: page?.height ?? metadata?.pageHeight ?? metadata?.height ?? 0,
      frames: tiff?.length ?? (format === 'png' ? await pngFrames(source) : (metadata?.pages ?? 1)),
      bits: page?.bits[0] ?? (metadata?.depth === 'ushort' ? 16 : 8),
      channels: page?.bands ?? metadata?.channels ?? 0,
      orientation: metadata?.orientation ?? 1,
      ...(page !== undefined && { tiff: page }),
    }
  } catch (fault) {
    return { reason: fault instanceof DataFault ? fault.facts : 'it is damaged or cut short' }
  } finally {
    await source.close()
  }
}

/** Frames of a PNG: more than one where it is animated, which the decoder does not tell. */
async function pngFrames(source: ByteSource): Promise<number> {
  for (let at = 8; at + 12 <= source.length; ) {
    const head = Buffer.from(await source.read(at, 12))
    const type = head.toString('latin1', 4, 8)
    if (type === 'acTL') return head.readUInt32BE(8)
    if (type === 'IDAT' || type === 'IEND') return 1
    at += 12 + head.readUInt32BE(0)
  }
  return 1
}

/** Opens the bytes of an image to read parts of them. */
export async function openBytes(image: ImageBytes): Promise<ByteSource & { close(): Promise<void> }> {
  if (typeof image !== 'string')
    return {
      length: image.length,
      read: async (offset, length) => image.subarray(offset, offset + length),
      close: async () => {},
    }
  const file = await open(image)
  const { size } = await file.stat()
  return {
    length: size,
    async read(offset, length) {
      const bytes = Buffer.alloc(length)
      const { bytesRead } = await file.read(bytes, 0, length, offset)
      return bytes.subarray(0, bytesRead)
    },
    close: () => file.close(),
  }
}
