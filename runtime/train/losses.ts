/** The losses of MaMMUT: contrastive and captioning. */
import { tf } from '../engine/mod.ts'
import { affine } from '../model/layers.ts'
import { validTokens } from '../model/mammut.ts'

/** log(sum(exp(x))) along the last axis: [..., n] -> [...]. The gradient, softmax(x), reuses intermediate results of the value. */
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

/** Kind of contrastive loss: softmax over all pairs of a row, or focal loss of each pair by itself. */
export type Contrast = { readonly kind: 'softmax' } | { readonly kind: 'focal'; readonly gamma: number }

/** Unit embeddings [b, e], and the logarithm of the scale of their logits. */
export interface ContrastiveInputs {
  readonly images: tf.Tensor
  readonly texts: tf.Tensor
  readonly logitScale: tf.Tensor
}

/** The contrastive loss of a whole batch. */
export function contrastiveLoss(contrasted: ContrastiveInputs, contrast: Contrast = { kind: 'softmax' }): tf.Tensor {
  switch (contrast.kind) {
    case 'softmax':
      return softmaxContrastive(contrasted)
    case 'focal':
      return focalContrastive(contrasted, contrast.gamma)
  }
}

const logitsOf = ({ images, texts, logitScale }: ContrastiveInputs): tf.Tensor =>
  tf.mul(tf.matMul(images as tf.Tensor2D, texts as tf.Tensor2D, false, true), tf.exp(logitScale))

/** Symmetric contrastive cross-entropy. */
function softmaxContrastive(contrasted: ContrastiveInputs): tf.Tensor {
  const { images, texts, logitScale } = contrasted
  const scale = tf.exp(logitScale)
  const logits = logitsOf(contrasted)
  const own = tf.mul(tf.sum(tf.mul(images, texts), 1), scale)
  const others = tf.mul(tf.add(logSumExp(logits), logSumExp(tf.transpose(logits))), 0.5)
  return tf.mean(tf.sub(others, own))
}

/**
 * Focal contrastive loss: each of the b x b pairs is classified by itself, and confident pairs count little. With logits z,
 * p = sigmoid(z) where image and text belong together and 1 - sigmoid(z) elsewhere, it is -1/b sum (1 - p)^gamma log p.
 * Both directions are equal, and the result is their mean, as with the softmax (Kim et al., RO-ViT, arXiv 2305.07011, after
 * Lin et al., arXiv 1708.02002; MaMMUT section 3 uses it).
 */
function focalContrastive(contrasted: ContrastiveInputs, gamma: number): tf.Tensor {
  const [batch = 1] = contrasted.images.shape
  const index = tf.range(0, batch, 1, 'int32')
  const matching = tf.cast(tf.equal(tf.expandDims(index, 1), tf.expandDims(index, 0)), 'float32')
  // -z where image and text belong together, z elsewhere.
  const negated = tf.mul(logitsOf(contrasted), tf.sub(1, tf.mul(matching, 2)))
  return tf.div(tf.sum(focal(negated, gamma)), batch)
}

/** sigmoid(x)^gamma softplus(x), with its gradient sigmoid(x)^gamma (gamma (1 - sigmoid(x)) softplus(x) + sigmoid(x)). */
function focal(x: tf.Tensor, gamma: number): tf.Tensor {
  const over = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc]
    // log(1 + exp(-|x|)) neither overflows nor loses small values to the larger term.
    const rest = tf.log1p(tf.exp(tf.neg(tf.abs(input))))
    const softplus = tf.add(tf.relu(input), rest)
    const power = tf.exp(tf.mul(tf.add(tf.relu(tf.neg(input)), rest), -gamma))
    const sigmoid = tf.sigmoid(input)
    save([softplus, power, sigmoid])
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [soft, weight, share] = saved as [tf.Tensor, tf.Tensor, tf.Tensor]
      const slope = tf.add(tf.mul(tf.mul(tf.sub(1, share), soft), gamma), share)
      return tf.mul(dy, tf.mul(weight, slope))
    }
    return { value: tf.mul(power, softplus), gradFunc }
  })
  return over(x)
}

/**
 * The sum of the next-token cross-entropy over the targets tokens[1:] that are not padding, and their count. States are
 * [b, n - 1, width]; logits are tied to `table` [vocabulary, width]. The logit of the target is computed separately, so that
 * the logits are the only array as wide as the vocabulary.
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
