/** Bytes of pixels to what the image encoder takes. */
import { floats, type HostArray } from '../engine/mod.ts'

/** Mean and standard deviation of red, green and blue over 0..1, as OpenCLIP normalises. */
export const channelMean = [0.48145466, 0.4578275, 0.40821073] as const
export const channelDeviation = [0.26862954, 0.26130258, 0.27577711] as const

/** RGB bytes [size, size, 3] -> normalised floats [3, size, size], written into `out` at `offset`. */
export function normalise(
  pixels: Uint8Array | Float32Array,
  out: Float32Array,
  { size, offset }: { readonly size: number; readonly offset: number },
): void {
  const area = size * size
  for (let channel = 0; channel < 3; channel++) {
    const scale = 1 / (255 * (channelDeviation[channel] ?? 1))
    const shift = (channelMean[channel] ?? 0) / (channelDeviation[channel] ?? 1)
    for (let i = 0; i < area; i++) out[offset + channel * area + i] = (pixels[i * 3 + channel] ?? 0) * scale - shift
  }
}

/** Images [n, size, size, 3] from `start` on as one batch [batchSize, 3, size, size]; past the last image it holds zeros. */
export function imageBatch(
  pixels: Uint8Array,
  { size, start, batchSize }: { readonly size: number; readonly start: number; readonly batchSize: number },
): HostArray {
  const area = 3 * size * size
  const count = Math.min(batchSize, pixels.length / area - start)
  const images = new Float32Array(batchSize * area)
  for (let i = 0; i < count; i++)
    normalise(pixels.subarray((start + i) * area, (start + i + 1) * area), images, { size, offset: i * area })
  return floats(images, [batchSize, 3, size, size])
}
