/** The objective of training on pairs: the contrastive loss and, for models with a text decoder, the captioning loss. */
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { tf } from '../engine/mod.ts'
import type { Weights } from '../model/layers.ts'
import { tokenTable } from '../model/mammut.ts'
import { type ComputedModel, networkOf } from '../model/network.ts'
import { captionSums } from './losses.ts'
import { type BatchTensors, type LossParts, lossesOf, type Objective } from './objective.ts'

/** Parameters of the objective. */
export interface PairSpec {
  readonly config: ComputedModel
  /** Weight of the captioning loss; 0 leaves the generative pass out, and models without a decoder need it to be 0. */
  readonly captionWeight: number
}

/** The parts of both losses, and the image tokens [b, n, width] of models that have them, for further losses. */
export function pairParts(
  { images, tokens }: BatchTensors,
  weights: Weights,
  { config, captionWeight }: PairSpec,
): LossParts & { readonly imageTokens: tf.Tensor | undefined } {
  if (images === undefined || tokens === undefined) throw new Error('A batch lacks images or tokens')
  const network = networkOf(config)
  const { embeddings, tokens: imageTokens } = network.encodeImages(images, weights)
  const embedded = { images: embeddings, texts: network.embedTexts(tokens, weights), imageTokens }
  if (captionWeight === 0) return { ...embedded, means: {} }
  if (network.captionStates === undefined || imageTokens === undefined)
    throw new UserFault('The model writes no captions', { place: 'caption_weight', hint: 'set caption_weight to 0' })
  const states = network.captionStates(tokens, imageTokens, weights)
  const caption = { ...captionSums(states, tokens, tokenTable(weights)), weight: captionWeight }
  return { ...embedded, means: { caption } }
}

/** The objective over batches with `images` [b, 3, s, s], standardized, and `tokens`, int32 [b, context]. */
export const objective =
  (spec: PairSpec): Objective =>
  (batch, weights) =>
    pairParts(batch, weights, spec)

/** Both losses of a whole batch (MaMMUT section 3.2): contrastive + `captionWeight` x caption, and the image tokens. */
export function pairLosses(batch: BatchTensors, weights: Weights, spec: PairSpec) {
  const parts = pairParts(batch, weights, spec)
  const { loss, contrastive, caption = tf.scalar(0) } = lossesOf(parts, weights)
  return { loss, contrastive: contrastive ?? loss, caption, imageTokens: parts.imageTokens }
}
