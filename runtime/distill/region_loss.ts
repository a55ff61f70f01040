/** The loss that teaches single patches what the smoothed map of the round before said. */
import { tf } from '../engine/mod.ts'
import type { MammutConfig } from '../model/config.ts'
import { type Weights, weight } from '../model/layers.ts'
import { margins, type QueryTokens, singlePatch, windowEmbeddings } from './sao.ts'

export interface RegionTargets {
  /** [b, n, concepts]: 1 where the pseudo-label says concept. */
  readonly labels: tf.Tensor
  /** [b, n, concepts]: 0 where the pseudo-label is too near the threshold to teach. */
  readonly certain: tf.Tensor
}

/**
 * Sum over certain patches of the binary cross-entropy of patch margins, scaled by the logit scale, against
 * pseudo-labels, and the count of those patches. This project's reading: the paper leaves the region loss open.
 */
export function regionSums(
  tokens: tf.Tensor,
  { labels, certain }: RegionTargets,
  weights: Weights,
  { config, queries }: { readonly config: MammutConfig; readonly queries: readonly QueryTokens[] },
): { readonly sum: tf.Tensor; readonly count: tf.Tensor } {
  const patches = windowEmbeddings(tokens, weights, { config, spec: singlePatch })
  const logits = tf.mul(margins(patches, queries, weights, config), tf.exp(weight(weights, 'logit_scale')))
  // softplus(z) - z * label, stable for either sign of z.
  const losses = tf.sub(tf.add(tf.relu(logits), tf.log1p(tf.exp(tf.neg(tf.abs(logits))))), tf.mul(logits, labels))
  return { sum: tf.sum(tf.mul(losses, certain)), count: tf.sum(certain) }
}
