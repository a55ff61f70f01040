/** Images of a user's own sources as a dataset stores them: copied where they fit, else scaled and encoded again. */
import { readFile } from 'node:fs/promises'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import type { ResizeFilter } from '../../dsl/recipe.ts'
import { type BandChoice, decodeSource, planDecoding } from './decode_source.ts'
import { encodeJpeg, type Raster, streamJpeg } from './image.ts'
import { type ImageBytes, type ImageFacts, type ImageRefusal, readImageFacts } from './image_facts.ts'

/** Quality of images that are encoded anew, 1 to 100; colour is kept at full resolution. */
export const storedQuality = 92

/** Pictures with more pixels are checked by decoding them at a small scale, so that none is in memory as a whole. */
const largestWhole = 4096 * 4096

/** Pictures with more pixels are encoded while they are decoded. */
const largestRaster = 16_383 * 16_383

/** Most pixels of a side of a JPEG. */
const mostJpegSide = 65_500

/** A PNG of 16 bits whose brightest pixel is darker than this, of 255, holds values of another range. */
const darkest = 64

/** Options of {@link storeImage}. */
export interface StoreOptions extends BandChoice {
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
 * Makes the stored form of an image. Throws an error that names it where it is damaged, no picture, or does not say which
 * of its bands and values are colours; the message depends on the bytes alone, unlike libvips' own messages: libvips has
 * one error buffer for all threads.
 */
export async function storeImage(
  image: ImageBytes,
  { name, size, filter, bands, scale }: StoreOptions,
): Promise<StoredImage> {
  const fail = ({ reason, hint = 'replace or remove it' }: ImageRefusal, cause?: unknown): never => {
    throw new DataFault(`Cannot read image ${name}: ${reason}`, { hint, item: name, cause })
  }
  const facts = await readImageFacts(image)
  if ('reason' in facts) return fail(facts)
  const plan = planDecoding(facts, { bands, scale })
  if ('reason' in plan) return fail(plan)
  const { format, width, height, orientation } = facts
  const isFit = size === undefined || (width === size && height === size)
  const isCopy = isFit && plan.kind === 'plain' && orientation === 1 && (format === 'jpeg' || format === 'png')
  if (!isCopy && size === undefined && Math.max(width, height) > mostJpegSide)
    return fail({
      reason: `its ${width} x ${height} pixels are more than a JPEG holds, which has ${mostJpegSide} a side`,
      hint: 'set tile_size',
    })
  if (plan.kind !== 'plain' && size === undefined && width * height > largestRaster)
    return fail({ reason: `its ${width} x ${height} pixels are too many to store as one image`, hint: 'set tile_size' })
  const options = { name, filter, facts }
  try {
    if (isCopy) {
      // Its bytes are kept, once they are known to decode.
      const small = width * height > largestWhole ? { size: 64 } : {}
      const shown = await decodeSource(image, plan, { ...options, ...small })
      if (!isDark(shown, facts)) return { bytes: typeof image === 'string' ? await readFile(image) : image, isCopy }
      return fail(darkRefusal(facts))
    }
    if (size === undefined && width * height > largestRaster)
      return { bytes: await streamJpeg(image, { orientation, quality: storedQuality }), isCopy }
    const picture = await decodeSource(image, plan, { ...options, ...(size !== undefined && { size }) })
    if (plan.kind === 'plain' && isDark(picture, facts)) return fail(darkRefusal(facts))
    return { bytes: await encodeJpeg(picture, storedQuality), isCopy }
  } catch (cause) {
    if (cause instanceof DataFault && cause.place.item === name && cause.cause === undefined) throw cause
    const inTiff = cause instanceof DataFault && plan.kind === 'bands' ? `: ${cause.facts}` : ''
    return fail({ reason: `it is damaged or cut short${inTiff}` }, cause)
  }
}

/** True if a PNG of 16 bits is nearly black: its values are not those that PNG defines, from 0 to 65535. */
function isDark({ data }: Raster, { format, bits }: ImageFacts): boolean {
  return format === 'png' && bits === 16 && data.every(value => value < darkest)
}

const darkRefusal = ({ width, height }: ImageFacts): ImageRefusal => ({
  reason: `it has bands of 16-bit unsigned integers (${width} x ${height} pixels) that reach less than a quarter of 65535, and does not say which value is white`,
  hint: "give it by 'scale', such as scale: [0, 3000]",
})
