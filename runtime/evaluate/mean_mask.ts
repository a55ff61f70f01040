/** The mean-mask baseline: the usual location of a concept, independent of the image. */
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import type { Concept } from './localisation.ts'

/**
 * Computes the score map of the mean mask, as margins: the share of reference images in which a pixel is inside, minus the
 * threshold with the best pooled IoU on the reference images (of equal ones that with the smallest area).
 *
 * Reference images must not be those that are evaluated. Throws if no reference pixel is inside.
 * @param reference masks, row-major [images, size, size]; a value other than 0 is inside
 * @returns row-major [size, size]; above 0 belongs to the concept
 */
export function meanMaskScores(reference: Uint8Array, size: number): Float32Array {
  const area = size * size
  const images = reference.length / area
  if (!Number.isInteger(images)) throw new Error(`${reference.length} values make no whole masks of ${size}x${size}`)
  const counts = new Int32Array(area)
  reference.forEach((value, index) => {
    if (value !== 0) counts[index % area] = (counts[index % area] ?? 0) + 1
  })
  const threshold = bestThreshold(counts, images)
  return Float32Array.from(counts, count => (count - threshold) / images)
}

/** The best threshold, halfway between two counts: the prediction is the pixels that are inside more often. */
function bestThreshold(counts: Int32Array, images: number): number {
  const pixels = new Float64Array(images + 1)
  for (const count of counts) pixels[count] = (pixels[count] ?? 0) + 1
  const inside = counts.reduce((sum, count) => sum + count, 0)
  if (inside === 0)
    throw new UserFault('No reference mask has a pixel inside', { hint: 'choose another reference set' })
  let best = { iou: 0, threshold: images }
  let area = 0
  let both = 0
  for (let count = images; count > 0; count--) {
    area += pixels[count] ?? 0
    both += count * (pixels[count] ?? 0)
    const iou = both / (images * area + inside - both)
    if (iou > best.iou) best = { iou, threshold: count - 0.5 }
  }
  return best.threshold
}

/**
 * A concept with the mean mask of the reference as the scores of every image, to be evaluated with rows and columns of the
 * size of the masks.
 */
export function meanMaskConcept(
  concept: Omit<Concept, 'scores'>,
  { reference, size }: { readonly reference: Uint8Array; readonly size: number },
): Concept {
  const map = meanMaskScores(reference, size)
  const scores = new Float32Array(concept.masks.length)
  for (let start = 0; start < scores.length; start += map.length) scores.set(map, start)
  return { ...concept, scores }
}
