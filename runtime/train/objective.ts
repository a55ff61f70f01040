/** Objectives: losses in parts that add up over micro-batches and devices. */
import { tf } from '../engine/mod.ts'
import { type Weights, weight } from '../model/layers.ts'
import { type Contrast, contrastiveLoss } from './losses.ts'

/** The tensors of a batch by name. */
export type BatchTensors = Readonly<Record<string, tf.Tensor>>

/** Scalars of one step; `loss` is minimised, the others are logged. */
export type StepLosses = Readonly<Record<string, tf.Tensor>> & { readonly loss: tf.Tensor }

/** A loss that is a mean. Sum and count, both scalars, of a batch are the sums over its micro-batches. */
export interface MeanLoss {
  readonly sum: tf.Tensor
  /** Divisor of the sum; a count below 1 is taken as 1. */
  readonly count: tf.Tensor
  /** Weight of the mean in the loss; the contrastive loss has weight 1. */
  readonly weight: number
}

/** The contribution of a batch or a micro-batch to the loss. */
export interface LossParts {
  /** Unit embeddings [b, e], each contrasted with those of the whole batch. */
  readonly images: tf.Tensor
  readonly texts: tf.Tensor
  readonly means: Readonly<Record<string, MeanLoss>>
}

/** Computes the parts of the loss of a batch. */
export type Objective = (batch: BatchTensors, weights: Weights) => LossParts

/** An objective as data that can be posted to a thread: the URL of a module, and the argument of its `objective`. */
export interface ObjectiveSource {
  readonly module: string
  readonly spec: object
}

/** Loads an objective; throws if the module exports none. */
export async function loadObjective({ module, spec }: ObjectiveSource): Promise<Objective> {
  const { objective }: { objective?: (spec: object) => Objective } = await import(module)
  if (objective === undefined) throw new Error(`'${module}' exports no 'objective'`)
  return objective(spec)
}

/** The losses of a whole batch: the contrastive one, and each mean by its name. */
export function lossesOf({ images, texts, means }: LossParts, weights: Weights, contrast?: Contrast): StepLosses {
  const contrastive = contrastiveLoss({ images, texts, logitScale: weight(weights, 'logit_scale') }, contrast)
  let loss = contrastive
  const meanLosses: Record<string, tf.Tensor> = {}
  for (const [name, { sum, count, weight: share }] of Object.entries(means)) {
    const mean = tf.div(sum, tf.maximum(count, 1))
    meanLosses[name] = mean
    loss = tf.add(loss, tf.mul(mean, share))
  }
  return { loss, contrastive, ...meanLosses }
}
