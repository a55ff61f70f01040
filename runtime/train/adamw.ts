/** AdamW with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101), as part of a tfjs step. */
import { tf } from '../engine/mod.ts'
import { type Weights, weight } from '../model/layers.ts'

export interface AdamWSpec {
  readonly beta1: number
  readonly beta2: number
  readonly weightDecay: number
  /** Global gradient norm above which gradients are scaled down. */
  readonly clipNorm: number
}

export interface AdamWState {
  readonly weights: Weights
  /** First and second moments, by parameter. */
  readonly first: Weights
  readonly second: Weights
}

const epsilon = 1e-8

/** Whether weight decay applies: to matrices, not to biases, norms, positions, the pooling query or the logit scale. */
export const decays = (name: string, shape: readonly number[]): boolean =>
  shape.length >= 2 && !name.endsWith('pos_embed') && !name.endsWith('.query')

export interface AdamWInputs {
  readonly gradients: Weights
  /** Scalar tensors: the learning rate, and the number of this step, from 1. */
  readonly learningRate: tf.Tensor
  readonly step: tf.Tensor
}

/** One update of every parameter; the gradient norm is the one before clipping. */
export function adamw(
  state: AdamWState,
  { gradients, learningRate, step }: AdamWInputs,
  spec: AdamWSpec,
): AdamWState & { readonly gradientNorm: tf.Tensor } {
  const names = Object.keys(state.weights)
  const squares = Object.fromEntries(names.map(name => [name, tf.square(weight(gradients, name))]))
  const gradientNorm = tf.sqrt(tf.addN(names.map(name => tf.sum(weight(squares, name)))))
  const clip = tf.minimum(tf.div(spec.clipNorm, tf.add(gradientNorm, 1e-6)), 1)
  const bias1 = tf.sub(1, tf.pow(spec.beta1, step))
  const bias2 = tf.sqrt(tf.sub(1, tf.pow(spec.beta2, step)))
  const rate = tf.div(tf.mul(learningRate, bias2), bias1)
  const floor = tf.mul(bias2, epsilon)
  // The clipped gradient is never an array of its own: what clips it is part of these numbers.
  const newFirst = tf.mul(clip, 1 - spec.beta1)
  const newSecond = tf.mul(tf.square(clip), 1 - spec.beta2)
  const next = { weights: {}, first: {}, second: {} } as Record<keyof AdamWState, Record<string, tf.Tensor>>
  for (const name of names) {
    const old = weight(state.weights, name)
    const first = tf.add(tf.mul(weight(state.first, name), spec.beta1), tf.mul(weight(gradients, name), newFirst))
    const second = tf.add(tf.mul(weight(state.second, name), spec.beta2), tf.mul(weight(squares, name), newSecond))
    const kept = decays(name, old.shape) ? tf.mul(old, tf.sub(1, tf.mul(learningRate, spec.weightDecay))) : old
    next.first[name] = first
    next.second[name] = second
    next.weights[name] = tf.sub(kept, tf.div(tf.mul(first, rate), tf.add(tf.sqrt(second), floor)))
  }
  return { ...next, gradientNorm }
}
