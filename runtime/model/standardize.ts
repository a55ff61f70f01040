/** Standardization of pixels for image encoders. Imports nothing, because every thread of a loader loads it. */

/** Means of red, green and blue over 0..1, as OpenCLIP has them. */
export const channelMean = [0.48145466, 0.4578275, 0.40821073] as const

/** Standard deviations of red, green and blue over 0..1. */
export const channelDeviation = [0.26862954, 0.26130258, 0.27577711] as const

/** RGB bytes [size, size, 3] -> standardized floats [3, size, size], written into `out` at `offset`. */
export function standardizePixels(
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
