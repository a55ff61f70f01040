/** Centre crops of encoded pictures, scaled to one size, by the fastest decoder that fits. */
import jpegTurbo from '@cwasm/jpeg-turbo'
import { type ColourRaster, createResampler, type Taps, tapsOf } from './resample.ts'

/** Crops a picture to its centre square and scales it to `size` pixels; `name` is its name in errors. */
export type CenterCrop = (bytes: Uint8Array, name: string) => Promise<Uint8Array>

/** Marker segments of a JPEG that begin with this hold a colour profile. */
const profile = Buffer.from('ICC_PROFILE\0', 'latin1')

/** True if a JPEG's header, before the first scan, holds a colour profile. */
function hasProfile(jpeg: Uint8Array): boolean {
  for (let at = 2; jpeg[at] === 0xff && jpeg[at + 1] !== 0xda; ) {
    const length = ((jpeg[at + 2] ?? 0) << 8) | (jpeg[at + 3] ?? 0)
    if (length < 2) return false
    if (jpeg[at + 1] === 0xe2 && profile.equals(jpeg.subarray(at + 4, at + 4 + profile.length))) return true
    at += 2 + length
  }
  return false
}

/**
 * Pixels of a plain JPEG; `undefined` for everything else, which `decodeImage` decodes or refuses.
 * Both decode by libjpeg-turbo and give the same pixels; this function avoids the cost of sharp's pipeline, which is
 * larger than that of decoding where pictures are small.
 */
function decodePlainJpeg(bytes: Uint8Array): ColourRaster | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8 || hasProfile(bytes)) return undefined
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
    const picture = decodePlainJpeg(bytes) ?? (await decodeAny(bytes, name))
    const { width, height } = picture
    const side = Math.min(width, height)
    // A Uint8ClampedArray rounds and clamps as it is written.
    return new Uint8Array(new Uint8ClampedArray(resample(picture, taps(width, side), taps(height, side))).buffer)
  }
}

/** Loads the decoder at its first use: a thread that reads only plain JPEGs starts without it. */
async function decodeAny(bytes: Uint8Array, name: string): Promise<ColourRaster> {
  const { decodeImage } = await import('./image.ts')
  const { data, width, height } = await decodeImage(bytes, { name })
  return { data, width, height, channels: 3 }
}
