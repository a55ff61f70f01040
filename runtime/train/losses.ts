/** The losses of MaMMUT: contrastive and captioning. */
import { tf } from '../engine/mod.ts'
import type { MammutConfig } from '../model/config.ts'
import { type Weights, weight } from '../model/layers.ts'
import { captionLogits, embedImage, embedText, imageTokens, validTokens } from '../model/mammut.ts'

/** Cross-entropy of each row: logits [n, classes] against one-hot `labels` of the same shape -> [n]. */
const crossEntropy = (labels: tf.Tensor, logits: tf.Tensor): tf.Tensor =>
  tf.losses.softmaxCrossEntropy(labels, logits, undefined, 0, tf.Reduction.NONE)

/** Symmetric contrastive cross-entropy of unit embeddings [b, e] at scale exp(`logitScale`). */
export function contrastiveLoss(images: tf.Tensor, texts: tf.Tensor, logitScale: tf.Tensor): tf.Tensor {
  const logits = tf.mul(tf.matMul(images as tf.Tensor2D, texts as tf.Tensor2D, false, true), tf.exp(logitScale))
  const own = tf.eye(images.shape[0] ?? 0)
  const both = tf.add(tf.mean(crossEntropy(own, logits)), tf.mean(crossEntropy(own, tf.transpose(logits))))
  return tf.mul(both, 0.5)
}

/** Next-token cross-entropy, mean over targets tokens[1:] that are not padding; logits [b, n - 1, v], tokens [b, n]. */
export function captionLoss(logits: tf.Tensor, tokens: tf.Tensor): tf.Tensor {
  const [batch = 0, count = 0, vocabulary = 0] = logits.shape
  const targets = tf.reshape(tf.slice(tokens, [0, 1], [batch, count]), [-1])
  const labels = tf.oneHot(tf.cast(targets, 'int32') as tf.Tensor1D, vocabulary, 1, 0, 'float32')
  const valid = validTokens(targets)
  const losses = tf.mul(crossEntropy(labels, tf.reshape(logits, [-1, vocabulary])), valid)
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
  { config, captionWeight }: { readonly config: MammutConfig; readonly captionWeight: number },
): Losses {
  const features = imageTokens(images, weights, config)
  const contrastive = contrastiveLoss(
    embedImage(features, weights, config),
    embedText(tokens, weights, config),
    weight(weights, 'logit_scale'),
  )
  if (captionWeight === 0) return { loss: contrastive, contrastive, caption: tf.scalar(0), imageTokens: features }
  const caption = captionLoss(captionLogits(tokens, features, weights, config), tokens)
  return { loss: tf.add(contrastive, tf.mul(caption, captionWeight)), contrastive, caption, imageTokens: features }
}
