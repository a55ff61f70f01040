/** Measures of score maps against masks: overlap, pointing, average precision. A mask value other than 0 is inside. */
import type { TieRule } from '../../dsl/recipe/ties.ts'

/** Shape of score maps [images, rows, columns] and masks [images, size, size]. */
export interface MapShape {
  readonly images: number
  readonly rows: number
  readonly columns: number
  readonly size: number
}

/**
 * Scales one score map to the size of its mask, bilinearly between the centres of patches; the border repeats.
 *
 * @param scores row-major [rows, columns]
 * @returns row-major [size, size]
 */
export function upsample(scores: Float32Array, { rows, columns, size }: Omit<MapShape, 'images'>): Float32Array {
  const across = axis(columns, size)
  const result = new Float32Array(size * size)
  axis(rows, size).forEach(({ low, high, weight }, y) => {
    across.forEach((x, column) => {
      const at = (row: number, patch: number) => scores[row * columns + patch] ?? 0
      const top = at(low, x.low) * (1 - x.weight) + at(low, x.high) * x.weight
      const bottom = at(high, x.low) * (1 - x.weight) + at(high, x.high) * x.weight
      result[y * size + column] = top * (1 - weight) + bottom * weight
    })
  })
  return result
}

/** For each pixel of an axis the two patches that it lies between, and the weight of the second. */
function axis(patches: number, size: number) {
  return Array.from({ length: size }, (_, pixel) => {
    const position = Math.min(Math.max(((pixel + 0.5) * patches) / size - 0.5, 0), patches - 1)
    const low = Math.floor(position)
    return { low, high: Math.min(low + 1, patches - 1), weight: position - low }
  })
}

/** Pixel counts of one image: in mask and prediction, in the prediction, in the mask. */
export interface Overlap {
  readonly both: number
  readonly predicted: number
  readonly inside: number
}

/** Counts the overlap of the mask with the pixels that score above 0. */
export function overlap(pixels: Float32Array, mask: Uint8Array): Overlap {
  let both = 0
  let predicted = 0
  let inside = 0
  mask.forEach((value, pixel) => {
    const positive = (pixels[pixel] ?? 0) > 0
    if (value !== 0) inside += 1
    if (positive) predicted += 1
    if (positive && value !== 0) both += 1
  })
  return { both, predicted, inside }
}

/**
 * The share of the highest patches whose centre lies in the mask; by the rule `against` 1 only where all of them do, by
 * `for` where any does. A bilinear surface is highest at the centre of a patch, so the pixel there decides.
 */
export function pointingHit(
  scores: Float32Array,
  mask: Uint8Array,
  { rows, columns, size, ties }: Omit<MapShape, 'images'> & { readonly ties: TieRule },
): number {
  const highest = scores.reduce((best, score) => Math.max(best, score), Number.NEGATIVE_INFINITY)
  let [best, inside] = [0, 0]
  scores.forEach((score, patch) => {
    if (score < highest) return
    const y = Math.floor(((Math.floor(patch / columns) + 0.5) * size) / rows)
    const x = Math.floor((((patch % columns) + 0.5) * size) / columns)
    best += 1
    if (mask[y * size + x] !== 0) inside += 1
  })
  if (ties === 'expected') return inside / best
  return (ties === 'for' ? inside > 0 : inside === best) ? 1 : 0
}

/**
 * Average precision of pixels, a share: the precision at each distinct score, weighted by the recall gained there.
 *
 * Pixels with equal scores count together, so their order does not matter. Undefined if no pixel is inside.
 */
export function averagePrecision(pixels: Float32Array, masks: Uint8Array): number | undefined {
  const inside = pixels.filter((_, pixel) => masks[pixel] !== 0).sort()
  const outside = pixels.filter((_, pixel) => masks[pixel] === 0).sort()
  if (inside.length === 0) return undefined
  let right = 0
  let wrong = 0
  let sum = 0
  while (right < inside.length) {
    const before = right
    const score = inside.at(-1 - right) ?? 0
    while (right < inside.length && inside.at(-1 - right) === score) right += 1
    while (wrong < outside.length && (outside.at(-1 - wrong) ?? 0) >= score) wrong += 1
    sum += ((right - before) / inside.length) * (right / (right + wrong))
  }
  return sum
}
