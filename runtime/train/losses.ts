/** The losses of MaMMUT: contrastive and captioning. */
import { tf } from '../engine/mod.ts'
import type { Computed } from '../model/config.ts'
import { affine, type Weights, weight } from '../model/layers.ts'
import { captionStates, embedImage, embedText, imageTokens, tokenTable, validTokens } from '../model/mammut.ts'

/** log(sum(exp(x))) along the last side: [..., n] -> [...]. Its gradient, softmax(x), is taken from what the value needs. */
function logSumExp(x: tf.Tensor): tf.Tensor {
  const over = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc]
    const largest = tf.max(input, -1, true)
    const powers = tf.exp(tf.sub(input, largest))
    const sums = tf.sum(powers, -1, true)
    save([powers, sums])
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [shares, total] = saved as [tf.Tensor, tf.Tensor]
      return tf.mul(shares, tf.div(tf.expandDims(dy, -1), total))
    }
    return { value: tf.squeeze(tf.add(tf.log(sums), largest), [-1]), gradFunc }
  })
  return over(x)
}

/** Symmetric contrastive cross-entropy of unit embeddings [b, e] at scale exp(`logitScale`). */
export function contrastiveLoss(images: tf.Tensor, texts: tf.Tensor, logitScale: tf.Tensor): tf.Tensor {
  const scale = tf.exp(logitScale)
  const logits = tf.mul(tf.matMul(images as tf.Tensor2D, texts as tf.Tensor2D, false, true), scale)
  const own = tf.mul(tf.sum(tf.mul(images, texts), 1), scale)
  const others = tf.mul(tf.add(logSumExp(logits), logSumExp(tf.transpose(logits))), 0.5)
  return tf.mean(tf.sub(others, own))
}

/**
 * Next-token cross-entropy of states [b, n - 1, width] with logits tied to `table` [vocabulary, width]; mean over targets
 * tokens[1:] that are not padding. The logit of the target is computed apart, so that no array but the logits themselves
 * is as wide as the vocabulary.
 */
export function captionLoss(states: tf.Tensor, tokens: tf.Tensor, table: tf.Tensor): tf.Tensor {
  const [batch = 0, count = 0, width = 0] = states.shape
  const targets = tf.cast(tf.reshape(tf.slice(tokens, [0, 1], [batch, count]), [-1]), 'int32')
  const rows = tf.reshape(states, [-1, width])
  const own = tf.sum(tf.mul(rows, tf.gather(table, targets as tf.Tensor1D)), 1)
  const valid = validTokens(targets)
  const losses = tf.mul(tf.sub(logSumExp(affine(rows, table)), own), valid)
  return tf.div(tf.sum(losses), tf.maximum(tf.sum(valid), 1))
}

/** A batch as tensors. */
export interface Pairs {
  /** [b, 3, s, s], normalised. */
  readonly images: tf.Tensor
  /** int32 [b, context]. */
  readonly tokens: tf.Tensor
}

export interface Losses {
  readonly loss: tf.Tensor
  readonly contrastive: tf.Tensor
  readonly caption: tf.Tensor
  /** Image tokens [b, n, width], for losses that build on them. */
  readonly imageTokens: tf.Tensor
}

/** Both losses of a batch (MaMMUT §3.2): contrastive + `captionWeight` x caption. A weight of zero leaves the generative pass out. */
export function pairLosses(
  { images, tokens }: Pairs,
  weights: Weights,
  { config, captionWeight }: { readonly config: Computed; readonly captionWeight: number },
): Losses {
  const features = imageTokens(images, weights, config)
  const contrastive = contrastiveLoss(
    embedImage(features, weights, config),
    embedText(tokens, weights, config),
    weight(weights, 'logit_scale'),
  )
  if (captionWeight === 0) return { loss: contrastive, contrastive, caption: tf.scalar(0), imageTokens: features }
  const caption = captionLoss(captionStates(tokens, features, weights, config), tokens, tokenTable(weights))
  return { loss: tf.add(contrastive, tf.mul(caption, captionWeight)), contrastive, caption, imageTokens: features }
}
