/** Encoded pictures to raw bytes and back. */
import sharp, { type Sharp } from 'sharp'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import type { ResizeFilter } from '../../dsl/recipe.ts'

// Many small pictures are decoded in parallel: threads for one picture cost more than they save.
sharp.concurrency(1)

/** Options for sharp that decode images of any size and any number of bands. */
export const anySize = { failOn: 'truncated', limitInputPixels: false, limitInputChannels: false } as const

/** Raw pixels, row-major, interleaved, 8 bits a channel: grey or RGB. */
export interface Raster {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
}

/** Options of {@link decodeImage}. */
export interface ImageDecodeOptions {
  /** Named in errors: a file, or a sample and its shard. */
  readonly name: string
  /** Side of the square to make: the shorter side is scaled and the centre is cut. Absent: as stored. */
  readonly size?: number
  /** Filter of that; absent: Lanczos-3. */
  readonly filter?: ResizeFilter
  /** False where the orientation that the image notes is to be applied. @default true */
  readonly isUpright?: boolean
}

/**
 * Decodes a picture to RGB; alpha is laid on black, grey is repeated.
 *
 * Throws an error that names the picture where its bytes are truncated or no picture at all.
 */
export const decodeImage = (bytes: Uint8Array | string, options: ImageDecodeOptions): Promise<Raster> =>
  decode(
    sharp(bytes, { ...anySize, autoOrient: options.isUpright === false })
      .flatten()
      .toColourspace('srgb'),
    3,
    options,
  )

/** Decodes a picture to its first channel; a mask keeps its values 0 and 255 only at its stored size. */
export const decodeGrey = (bytes: Uint8Array | string, options: ImageDecodeOptions): Promise<Raster> =>
  decode(sharp(bytes, anySize).flatten().extractChannel(0).toColourspace('b-w'), 1, options)

/** Encodes as JPEG; `quality` is 1 to 100, colour is kept at full resolution. */
export const encodeJpeg = (raster: Raster, quality: number): Promise<Uint8Array> =>
  fromRaw(raster).jpeg({ quality, chromaSubsampling: '4:4:4' }).toBuffer()

/** Encodes a picture as JPEG while it is decoded, so that its pixels are never in memory as a whole: tables that fit the picture would need all of it. */
export const streamJpeg = (
  bytes: Uint8Array | string,
  { orientation, quality }: { readonly orientation: number; readonly quality: number },
): Promise<Uint8Array> =>
  sharp(bytes, { ...anySize, autoOrient: orientation > 1 })
    .flatten()
    .toColourspace('srgb')
    .jpeg({ quality, chromaSubsampling: '4:4:4', optimizeCoding: false })
    .toBuffer()

/** Encodes a picture as a JPEG no side of which is longer than `side`. Throws as {@link decodeImage}. */
export async function encodeThumbnail(
  bytes: Uint8Array,
  { name, side }: Pick<ImageDecodeOptions, 'name'> & { readonly side: number },
): Promise<Uint8Array> {
  return fromRaw(await decodeImage(bytes, { name }))
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: 85 })
    .toBuffer()
}

/** Encodes as PNG. */
export const encodePng = (raster: Raster): Promise<Uint8Array> =>
  fromRaw(raster).png({ compressionLevel: 6 }).toBuffer()

/** File extension by the first bytes of a picture; undefined where they are neither JPEG nor PNG. */
export function imageExtension(bytes: Uint8Array): 'jpg' | 'png' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'jpg'
  if (bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47) return 'png'
  return undefined
}

/** The pixels of a raster as the input of sharp. */
export const fromRaw = ({ data, width, height, channels }: Raster): Sharp =>
  sharp(data, { limitInputPixels: false, raw: { width, height, channels } })

async function decode(
  picture: Sharp,
  channels: 1 | 3,
  { name, size, filter = 'lanczos3' }: ImageDecodeOptions,
): Promise<Raster> {
  const shaped = size === undefined ? picture : picture.resize(size, size, { fit: 'cover', kernel: filter })
  try {
    const { data, info } = await shaped.raw().toBuffer({ resolveWithObject: true })
    if (info.channels !== channels) throw new Error(`it has ${info.channels} channels`)
    return { data, width: info.width, height: info.height, channels }
  } catch (cause) {
    // The decoder repeats its message, a line each time.
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split('\n')
    throw new DataFault(`Cannot read image ${name}: ${reason}`, { hint: 'replace or remove it', item: name, cause })
  }
}
