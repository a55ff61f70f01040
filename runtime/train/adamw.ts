/** AdamW with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101), as part of a tfjs step. */
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { tf } from '../engine/mod.ts'
import { type Weights, weight } from '../model/layers.ts'
import { layerScales } from './layer_decay.ts'

/** Hyperparameters of AdamW. */
export interface AdamWSpec {
  readonly beta1: number
  readonly beta2: number
  readonly weightDecay: number
  /** Global gradient norm above which gradients are scaled down. */
  readonly clipNorm: number
  /** Groups of parameters with other rates; the first group whose prefix matches a name applies. */
  readonly groups?: readonly OptimizerGroup[]
  /** Factor of the learning rate for each layer above a parameter. @default 1 */
  readonly layerDecay?: number | undefined
}

/** Parameters that share a prefix, and the factors of their rates. */
export interface OptimizerGroup {
  /** Prefix of the names of its parameters, such as `visual.` or `visual.transformer.resblocks.0.`. */
  readonly prefix: string
  /** Factor of the learning rate. 0 freezes: weights and moments do not change, and the norm excludes the gradient. */
  readonly rateScale: number
  /** Factor of the weight decay. */
  readonly decayScale: number
}

/** Weights and moments between two steps. */
export interface AdamWState {
  readonly weights: Weights
  /** First and second moments, by parameter. */
  readonly first: Weights
  readonly second: Weights
}

const epsilon = 1e-8

/** True if weight decay applies: to matrices, but not to positional embeddings and the pooling query; vectors and scalars have none. */
export const isDecayed = (name: string, shape: readonly number[]): boolean =>
  shape.length >= 2 && !name.endsWith('pos_embed') && !name.endsWith('positional_embedding') && !name.endsWith('.query')

/** The update rule of each parameter. Throws if no parameter matches a group, as with a misspelt prefix. */
function updateRules(
  names: readonly string[],
  { groups = [], weightDecay, layerDecay }: AdamWSpec,
): readonly UpdateRule[] {
  const empty = groups.find(({ prefix }) => !names.some(name => name.startsWith(prefix)))
  if (empty !== undefined)
    throw new UserFault(`No parameter begins with '${empty.prefix}'`, {
      place: 'optimizer.groups',
      hint: `names begin with ${[...new Set(names.map(name => name.split('.', 1)[0]))].join(', ')}`,
    })
  const scales = layerDecay === undefined ? undefined : layerScales(names, layerDecay)
  return names.map(name => {
    const group = groups.find(({ prefix }) => name.startsWith(prefix))
    const rateScale = (group?.rateScale ?? 1) * (scales?.get(name) ?? 1)
    return { name, rateScale, weightDecay: (group?.decayScale ?? 1) * weightDecay }
  })
}

interface UpdateRule {
  readonly name: string
  readonly rateScale: number
  readonly weightDecay: number
}

/** Parameters that are updated as one concatenated array. */
interface FusedParameters {
  readonly names: readonly string[]
  readonly rateScale: number
  readonly weightDecay: number
}

/**
 * Fuses all vectors with the same rate: there are many of them, they are small, and their cost is the number of operations.
 * Each matrix is updated by itself.
 */
function fuseParameters(
  rules: readonly UpdateRule[],
  weights: Weights,
  gradients: Weights,
): readonly FusedParameters[] {
  const vectors = new Map<number, string[]>()
  const fused: FusedParameters[] = []
  for (const { name, rateScale, weightDecay } of rules) {
    const { shape } = weight(weights, name)
    const known = vectors.get(rateScale)
    if (shape.length !== 1 || weight(gradients, name).shape.length !== 1)
      fused.push({ names: [name], rateScale, weightDecay: isDecayed(name, shape) ? weightDecay : 0 })
    else if (known !== undefined) known.push(name)
    else {
      const names = [name]
      vectors.set(rateScale, names)
      fused.push({ names, rateScale, weightDecay: 0 })
    }
  }
  return fused
}

const concatenate = (parts: readonly tf.Tensor[]): tf.Tensor => {
  const [first] = parts
  return first !== undefined && parts.length === 1 ? first : tf.concat([...parts])
}

/** Inputs of a step beside its state. */
export interface AdamWInputs {
  readonly gradients: Weights
  /** A scalar. */
  readonly learningRate: tf.Tensor
  /** A scalar: the number of this step, from 1. */
  readonly step: tf.Tensor
}

/** One update of every parameter. `gradientNorm` is the norm before clipping. */
export function adamw(
  state: AdamWState,
  { gradients, learningRate, step }: AdamWInputs,
  spec: AdamWSpec,
): AdamWState & { readonly gradientNorm: tf.Tensor } {
  const learning = updateRules(Object.keys(state.weights), spec).filter(({ rateScale }) => rateScale > 0)
  if (learning.length === 0)
    throw new UserFault('Every parameter is frozen', { hint: 'leave a group with a learning rate above 0' })
  const squares = Object.fromEntries(learning.map(({ name }) => [name, tf.square(weight(gradients, name))]))
  const gradientNorm = tf.sqrt(tf.addN(Object.values(squares).map(square => tf.sum(square))))
  const clip = tf.minimum(tf.div(spec.clipNorm, tf.add(gradientNorm, 1e-6)), 1)
  const bias1 = tf.sub(1, tf.pow(spec.beta1, step))
  const bias2 = tf.sqrt(tf.sub(1, tf.pow(spec.beta2, step)))
  const rate = tf.div(tf.mul(learningRate, bias2), bias1)
  const floor = tf.mul(bias2, epsilon)
  // These factors include the clipping, so that no array holds the clipped gradient.
  const newFirst = tf.mul(clip, 1 - spec.beta1)
  const newSecond = tf.mul(tf.square(clip), 1 - spec.beta2)
  const next = { weights: { ...state.weights }, first: { ...state.first }, second: { ...state.second } }
  for (const { names, rateScale, weightDecay } of fuseParameters(learning, state.weights, gradients)) {
    const of = (kind: Weights) => concatenate(names.map(name => weight(kind, name)))
    const old = of(state.weights)
    const first = tf.add(tf.mul(of(state.first), spec.beta1), tf.mul(of(gradients), newFirst))
    const second = tf.add(tf.mul(of(state.second), spec.beta2), tf.mul(of(squares), newSecond))
    const decayed = weightDecay > 0 ? tf.mul(old, tf.sub(1, tf.mul(learningRate, rateScale * weightDecay))) : old
    const scaled = tf.mul(first, rateScale === 1 ? rate : tf.mul(rate, rateScale))
    const updated = tf.sub(decayed, tf.div(scaled, tf.add(tf.sqrt(second), floor)))
    const sizes = names.map(name => weight(state.weights, name).size)
    const parts = (whole: tf.Tensor) => (names.length === 1 ? [whole] : tf.split(whole, sizes))
    for (const [kind, whole] of [
      [next.weights, updated],
      [next.first, first],
      [next.second, second],
    ] as const)
      for (const [i, part] of parts(whole).entries()) kind[names[i] ?? ''] = part
  }
  return { ...next, gradientNorm }
}
