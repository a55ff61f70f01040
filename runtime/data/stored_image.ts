/** Images of a user's own sources as a dataset stores them: copied where they fit, else scaled and encoded again. */
import sharp from 'sharp'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import type { ResizeFilter } from '../../dsl/recipe.ts'
import { decodeImage, encodeJpeg, imageExtension } from './image.ts'

/** Quality of images that are encoded anew, 1 to 100; colour is kept at full resolution. */
export const storedQuality = 92

/** Pictures with more pixels are checked by decoding them at a small scale, so that none is in memory as a whole. */
const largestWhole = 4096 * 4096

/** The decoder's own limit. */
const mostPixels = 16383 * 16383

/** Options of {@link storeImage}. */
export interface StoreOptions {
  /** Named in errors. */
  readonly name: string
  /** Side of a square; undefined: as it is. */
  readonly size?: number | undefined
  readonly filter: ResizeFilter
}

/** A stored image: JPEG or PNG bytes; `isCopy` is true where they are the bytes that were given. */
export interface StoredImage {
  readonly bytes: Uint8Array
  readonly isCopy: boolean
}

/**
 * Makes the stored form of an image. Throws an error that names it where it is damaged or no picture; the message
 * depends on the bytes alone, unlike libvips' own messages: libvips has one error buffer for all threads.
 */
export async function storeImage(bytes: Uint8Array, { name, size, filter }: StoreOptions): Promise<StoredImage> {
  const fail = (reason: string, cause?: unknown): never => {
    throw new DataFault(`Cannot read image ${name}: ${reason}`, { hint: 'replace or remove it', item: name, cause })
  }
  const shape = await sharp(bytes)
    .metadata()
    .catch(cause => fail('it is no picture of a known format, or its first bytes are damaged', cause))
  const { width, height } = shape
  if (width * height > mostPixels) fail(`its ${width} x ${height} pixels are more than can be unpacked`)
  const isFit = size === undefined || (width === size && height === size)
  try {
    if (isFit && imageExtension(bytes) !== undefined) {
      // Its bytes are kept, once they are known to decode.
      await decodeImage(bytes, { name, ...(width * height > largestWhole && { size: 64 }) })
      return { bytes, isCopy: true }
    }
    const picture = await decodeImage(bytes, { name, filter, ...(size !== undefined && { size }) })
    return { bytes: await encodeJpeg(picture, storedQuality), isCopy: false }
  } catch (cause) {
    return fail('it is damaged or cut short', cause)
  }
}
