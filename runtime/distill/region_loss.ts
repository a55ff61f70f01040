/** The region loss: trains single patches on the pseudo-labels of the smoothed maps of the previous round. */
import { tf } from '../engine/mod.ts'
import type { MammutConfig } from '../model/config.ts'
import { type Weights, weight } from '../model/layers.ts'
import { margins, type QueryTokens, singlePatch, windowEmbeddings } from './sao.ts'

/** Pseudo-labels of a batch. */
export interface RegionTargets {
  /** [b, n, concepts]: 1 for patches of the concept. */
  readonly labels: tf.Tensor
  /** [b, n, concepts]: 1 for patches to train on. */
  readonly certain: tf.Tensor
}

/**
 * The sum over certain patches of the binary cross-entropy between patch margins, scaled by the logit scale, and
 * pseudo-labels, and the count of those patches. The paper does not define the region loss; this is the choice of this project.
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
