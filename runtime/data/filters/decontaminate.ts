/** Decontamination: images that are perceptually equal to evaluation images go. */
import { createHashIndex, type Hash, type NearHash } from './phash.ts'

/**
 * For each image the evaluation image that it repeats, or undefined where it is clean. `distance` is the largest
 * number of differing bits that counts as equal.
 */
export function findContaminated(
  hashes: readonly Hash[],
  { against, distance }: { readonly against: readonly Hash[]; readonly distance: number },
): readonly (NearHash | undefined)[] {
  const evaluation = createHashIndex(distance)
  for (const [position, hash] of against.entries()) evaluation.add(hash, position)
  return hashes.map(hash => evaluation.nearest(hash))
}
