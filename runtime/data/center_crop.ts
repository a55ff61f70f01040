/** Centre crops of encoded pictures, scaled to one size, by the fastest decoder that fits. */
import jpegTurbo from '@cwasm/jpeg-turbo'
import type { ImageDecodeOptions } from './image.ts'
import { type ColourRaster, createResampler, type Taps, tapsOf } from './resample.ts'

/** Crops a picture to its centre square and scales it to `size` pixels; `name` is its name in errors. */
export type CenterCrop = (bytes: Uint8Array, name: string) => Promise<Uint8Array>

/** Marker segments of a JPEG that begin with this hold a colour profile. */
const profile = Buffer.from('ICC_PROFILE\0', 'latin1')

/** A picture of more pixels than this is scaled while it is decoded, so that it is never in memory as a whole. */
const largestWhole = 16_383 * 16_383

/** The header of a JPEG: its size, and whether it holds a colour profile before the first scan. */
function readJpegHeader(jpeg: Uint8Array): { readonly pixels: number; readonly hasProfile: boolean } {
  let [pixels, hasProfile] = [0, false]
  const word = (at: number): number => ((jpeg[at] ?? 0) << 8) | (jpeg[at + 1] ?? 0)
  for (let at = 2; jpeg[at] === 0xff && jpeg[at + 1] !== 0xda; ) {
    const [marker, length] = [jpeg[at + 1] ?? 0, word(at + 2)]
    if (length < 2) break
    if (marker === 0xe2 && profile.equals(jpeg.subarray(at + 4, at + 4 + profile.length))) hasProfile = true
    // 0xc4, 0xc8 and 0xcc among them are tables.
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (isFrame) pixels = word(at + 5) * word(at + 7)
    at += 2 + length
  }
  return { pixels, hasProfile }
}

const isJpeg = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === 0xd8

/** True if the header of a JPEG or PNG tells of more pixels than are decoded as a whole. */
function isLarge(bytes: Uint8Array): boolean {
  if (isJpeg(bytes)) return readJpegHeader(bytes).pixels > largestWhole
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 24))
  const isPng = header.length === 24 && header.toString('latin1', 1, 4) === 'PNG'
  return isPng && header.readUInt32BE(16) * header.readUInt32BE(20) > largestWhole
}

/**
 * Pixels of a plain JPEG; `undefined` for everything else, which `decodeImage` decodes or refuses.
 * Both decode by libjpeg-turbo and give the same pixels; this function avoids the cost of sharp's pipeline, which is
 * larger than that of decoding where pictures are small.
 */
function decodePlainJpeg(bytes: Uint8Array): ColourRaster | undefined {
  if (!isJpeg(bytes) || readJpegHeader(bytes).hasProfile) return undefined
  try {
    const { data, width, height } = jpegTurbo.decode(bytes)
    // One type of array throughout: loops over several are slower.
    return { data: new Uint8Array(data.buffer), width, height, channels: 4 }
  } catch {
    return undefined
  }
}

/** The centre square of pictures, scaled by Lanczos-3: RGB bytes [size, size, 3]. Throws as `decodeImage` does. */
export function createCenterCrop(size: number): CenterCrop {
  const resample = createResampler()
  const known = new Map<string, Taps>()
  const taps = (source: number, side: number): Taps => {
    const key = `${source} ${side}`
    const found = known.get(key)
    if (found) return found
    const made = tapsOf({ source, start: (source - side) / 2, length: side, size }, 'lanczos3')
    // Datasets have few image shapes; a dataset of many must not fill the memory.
    if (known.size >= 64) known.clear()
    known.set(key, made)
    return made
  }
  return async (bytes, name) => {
    if (isLarge(bytes)) return (await decodeAny(bytes, { name, size })).data
    const picture = decodePlainJpeg(bytes) ?? (await decodeAny(bytes, { name }))
    const { width, height } = picture
    const side = Math.min(width, height)
    // A Uint8ClampedArray rounds and clamps as it is written.
    return new Uint8Array(new Uint8ClampedArray(resample(picture, taps(width, side), taps(height, side))).buffer)
  }
}

/** Loads the decoder at its first use: a thread that reads only plain JPEGs starts without it. */
async function decodeAny(bytes: Uint8Array, options: ImageDecodeOptions): Promise<ColourRaster> {
  const { decodeImage } = await import('./image.ts')
  const { data, width, height } = await decodeImage(bytes, options)
  return { data, width, height, channels: 3 }
}
