/** The objective of MaMMUT's training: contrastive and captioning. */
import { tf } from '../engine/mod.ts'
import type { Computed } from '../model/config.ts'
import type { Weights } from '../model/layers.ts'
import { captionStates, embedImage, embedText, imageTokens, tokenTable } from '../model/mammut.ts'
import { captionSums } from './losses.ts'
import { type BatchTensors, lossesOf, type Objective, type Parts } from './objective.ts'

/** What the objective is made from. */
export interface PairSpec {
  readonly config: Computed
  /** Weight of the captioning loss; zero leaves the generative pass out. */
  readonly captionWeight: number
}

/** The parts of both losses, and the image tokens [b, n, width], for losses that build on them. */
export function pairParts(
  { images, tokens }: BatchTensors,
  weights: Weights,
  { config, captionWeight }: PairSpec,
): Parts & { readonly imageTokens: tf.Tensor } {
  if (images === undefined || tokens === undefined) throw new Error('A batch lacks images or tokens')
  const features = imageTokens(images, weights, config)
  const embedded = { images: embedImage(features, weights, config), texts: embedText(tokens, weights, config) }
  if (captionWeight === 0) return { ...embedded, means: {}, imageTokens: features }
  const states = captionStates(tokens, features, weights, config)
  const caption = { ...captionSums(states, tokens, tokenTable(weights)), weight: captionWeight }
  return { ...embedded, means: { caption }, imageTokens: features }
}

/** Batches hold `images` [b, 3, s, s], normalised, and `tokens`, int32 [b, context]. */
export const objective =
  (spec: PairSpec): Objective =>
  (batch, weights) =>
    pairParts(batch, weights, spec)

/** Both losses of a whole batch (MaMMUT §3.2): contrastive + `captionWeight` x caption, and the image tokens. */
export function pairLosses(batch: BatchTensors, weights: Weights, spec: PairSpec) {
  const parts = pairParts(batch, weights, spec)
  const { loss, contrastive, caption = tf.scalar(0) } = lossesOf(parts, weights)
  return { loss, contrastive: contrastive ?? loss, caption, imageTokens: parts.imageTokens }
}
