/** The losses of MaMMUT: contrastive and captioning. */
import { tf } from '../engine/mod.ts'
import { affine } from '../model/layers.ts'
import { validTokens } from '../model/mammut.ts'

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
 * Sum of the next-token cross-entropy of states [b, n - 1, width] with logits tied to `table` [vocabulary, width] over the
 * targets tokens[1:] that are not padding, and their count. The logit of the target is computed apart, so that no array
 * but the logits themselves is as wide as the vocabulary.
 */
export function captionSums(
  states: tf.Tensor,
  tokens: tf.Tensor,
  table: tf.Tensor,
): { readonly sum: tf.Tensor; readonly count: tf.Tensor } {
  const [batch = 0, count = 0, width = 0] = states.shape
  const targets = tf.cast(tf.reshape(tf.slice(tokens, [0, 1], [batch, count]), [-1]), 'int32')
  const rows = tf.reshape(states, [-1, width])
  const own = tf.sum(tf.mul(rows, tf.gather(table, targets as tf.Tensor1D)), 1)
  const valid = validTokens(targets)
  const losses = tf.mul(tf.sub(logSumExp(affine(rows, table)), own), valid)
  return { sum: tf.sum(losses), count: tf.sum(valid) }
}
