/** Batches of pixels as inputs of the image encoder. */
import { floats, type HostArray } from '../engine/mod.ts'
import { standardizePixels } from './standardize.ts'

/** Images [n, size, size, 3] from `start` on as one batch [batchSize, 3, size, size], padded with zeros after the last image. */
export function imageBatch(
  pixels: Uint8Array,
  { size, start, batchSize }: { readonly size: number; readonly start: number; readonly batchSize: number },
): HostArray {
  const area = 3 * size * size
  const count = Math.min(batchSize, pixels.length / area - start)
  const images = new Float32Array(batchSize * area)
  for (let i = 0; i < count; i++)
    standardizePixels(pixels.subarray((start + i) * area, (start + i + 1) * area), images, { size, offset: i * area })
  return floats(images, [batchSize, 3, size, size])
}
