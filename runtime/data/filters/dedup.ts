/** Perceptual deduplication: all but the first of equal images go. */
import { createHashIndex, type Hash, type NearHash } from './phash.ts'

/**
 * For each image the kept image before it that it repeats, or undefined where it is kept.
 *
 * An image is compared with kept ones only, so a chain of small changes does not fold into its first image.
 * `distance` is the largest number of differing bits that counts as equal.
 */
export function findDuplicates(hashes: readonly Hash[], distance: number): readonly (NearHash | undefined)[] {
  const kept = createHashIndex(distance)
  return hashes.map((hash, position) => {
    const original = kept.nearest(hash)
    if (original === undefined) kept.add(hash, position)
    return original
  })
}
