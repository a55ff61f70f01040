/** Losses in parts, so that a batch may be computed in pieces and on several devices. */
import { tf } from '../engine/mod.ts'
import { type Weights, weight } from '../model/layers.ts'
import { type Contrast, contrastiveLoss } from './losses.ts'

/** What a loss gets beside the weights: the tensors of a batch. */
export type BatchTensors = Readonly<Record<string, tf.Tensor>>

/** Scalars of one step; `loss` is minimised, the others are logged. */
export type StepLosses = Readonly<Record<string, tf.Tensor>> & { readonly loss: tf.Tensor }

/** A loss that is a mean: sum and count of a batch are those of its pieces added up. Both are scalars. */
export interface MeanLoss {
  readonly sum: tf.Tensor
  /** Taken as one where it is less. */
  readonly count: tf.Tensor
  /** Of the mean, beside the contrastive loss. */
  readonly weight: number
}

/** What a batch, or a piece of it, adds to the loss. */
export interface LossParts {
  /** Unit embeddings [b, e], each contrasted with all of the batch. */
  readonly images: tf.Tensor
  readonly texts: tf.Tensor
  readonly means: Readonly<Record<string, MeanLoss>>
}

/** The parts of a batch's loss. */
export type Objective = (batch: BatchTensors, weights: Weights) => LossParts

/** An objective as data, which can cross to a thread: the URL of a module, and what its `objective` makes one from. */
export interface ObjectiveSource {
  readonly module: string
  readonly spec: object
}

/** Loads an objective; throws where the module makes none. */
export async function loadObjective({ module, spec }: ObjectiveSource): Promise<Objective> {
  const { objective }: { objective?: (spec: object) => Objective } = await import(module)
  if (objective === undefined) throw new Error(`'${module}' exports no 'objective'`)
  return objective(spec)
}

/** The losses of a whole batch: contrastive, and each mean by its name. */
export function lossesOf({ images, texts, means }: LossParts, weights: Weights, contrast?: Contrast): StepLosses {
  const contrastive = contrastiveLoss({ images, texts, logitScale: weight(weights, 'logit_scale') }, contrast)
  let loss = contrastive
  const found: Record<string, tf.Tensor> = {}
  for (const [name, { sum, count, weight: share }] of Object.entries(means)) {
    const mean = tf.div(sum, tf.maximum(count, 1))
    found[name] = mean
    loss = tf.add(loss, tf.mul(mean, share))
  }
  return { loss, contrastive, ...found }
}
