/**
 * A step over micro-batches, with the contrastive loss of the whole batch (after GradCache; Gao et al., arXiv 2101.06983):
 * embed each micro-batch, take the gradients of the contrastive loss by all embeddings, go backward through each micro-batch
 * with the gradients by its embeddings, and apply the accumulated gradients.
 */
import { gradients, tf } from '../engine/mod.ts'
import { type Weights, weight } from '../model/layers.ts'
import type { AdamWInputs } from './adamw.ts'
import { type Contrast, type ContrastiveInputs, contrastiveLoss } from './losses.ts'
import type { BatchTensors, Objective } from './objective.ts'
import { type UpdateSpec, type UpdateState, update } from './update.ts'

type ScalarTensors = Readonly<Record<string, tf.Tensor>>

interface MicroBatchInputs {
  readonly weights: Weights
  readonly batch: BatchTensors
}

/** Embeddings of a micro-batch, and the counts of its means. */
export const embedMicroBatch =
  (objective: Objective) =>
  ({ weights, batch }: MicroBatchInputs) => {
    const { images, texts, means } = objective(batch, weights)
    const counts: ScalarTensors = Object.fromEntries(Object.entries(means).map(([name, { count }]) => [name, count]))
    return { images, texts, counts }
  }

/** The contrastive loss of a whole batch, and its gradients by embeddings and logit scale. */
export const contrastiveGradients =
  (contrast: Contrast | undefined) =>
  ({ images, texts, logitScale }: ContrastiveInputs) => {
    const loss = () => contrastiveLoss({ images, texts, logitScale }, contrast)
    const { value, grads } = gradients(loss, [images, texts, logitScale])
    const [byImages = images, byTexts = texts, byScale = logitScale] = grads
    return { contrastive: value, images: byImages, texts: byTexts, logitScale: byScale }
  }

interface BackwardInputs extends MicroBatchInputs {
  /** Accumulated gradients of the micro-batches before. */
  readonly gradients: Weights
  /** Gradients of the contrastive loss by the embeddings of the micro-batch. */
  readonly by: { readonly images: tf.Tensor; readonly texts: tf.Tensor }
  /** Counts of each mean over the whole batch. */
  readonly totals: ScalarTensors
}

/** Accumulates the gradients of a micro-batch. `sums` are those of its means, `rest` is their contribution to the loss. */
export const backwardMicroBatch =
  (objective: Objective) =>
  ({ weights, batch, gradients: before, by, totals }: BackwardInputs) => {
    const names = Object.keys(weights)
    const sums: Record<string, tf.Tensor> = {}
    let rest: tf.Tensor = tf.scalar(0)
    const surrogate = (): tf.Tensor => {
      const { images, texts, means } = objective(batch, weights)
      let own: tf.Tensor = tf.scalar(0)
      for (const [name, { sum, weight: share }] of Object.entries(means)) {
        // The tape frees what its function does not return.
        sums[name] = tf.keep(sum)
        own = tf.add(own, tf.div(tf.mul(sum, share), tf.maximum(weight(totals, name), 1)))
      }
      rest = tf.keep(own)
      return tf.add(own, tf.add(tf.sum(tf.mul(images, by.images)), tf.sum(tf.mul(texts, by.texts))))
    }
    const { grads } = gradients(surrogate, Object.values(weights))
    const added = names.map((name, i) => [name, tf.add(weight(before, name), grads[i] ?? 0)] as const)
    return { gradients: Object.fromEntries(added) as Weights, sums, rest }
  }

interface UpdateInputs extends UpdateState, AdamWInputs {
  /** The gradient of the contrastive loss by the logit scale; those of micro-batches leave it out. */
  readonly logitScale: tf.Tensor
}

/** Updates the weights by the accumulated gradients, and returns gradients of zero for the next step. */
export const applyGradients =
  (spec: UpdateSpec) =>
  ({ gradients: parts, logitScale, learningRate, step, ...state }: UpdateInputs) => {
    const all = { ...parts, logit_scale: tf.add(weight(parts, 'logit_scale'), logitScale) }
    const next = update(state, { gradients: all, learningRate, step }, spec)
    const zeros = Object.entries(parts).map(([name, gradient]) => [name, tf.zerosLike(gradient)] as const)
    return { ...next, gradients: Object.fromEntries(zeros) as Weights }
  }
