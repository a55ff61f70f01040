/** AdamW with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101), as part of a tfjs step. */
import { tf } from '../engine/mod.ts'
import { type Weights, weight } from '../model/layers.ts'
import { layerScales } from './layer_decay.ts'

export interface AdamWSpec {
  readonly beta1: number
  readonly beta2: number
  readonly weightDecay: number
  /** Global gradient norm above which gradients are scaled down. */
  readonly clipNorm: number
  /** Parameters that are treated otherwise; the first group that a name falls into counts. */
  readonly groups?: readonly OptimizerGroup[]
  /** Multiplies the learning rate once for each layer above a parameter. @default 1 */
  readonly layerDecay?: number | undefined
}

export interface OptimizerGroup {
  /** What the names of its parameters begin with: `visual.`, `visual.transformer.resblocks.0.`. */
  readonly prefix: string
  /** Multiplies the learning rate; 0 freezes: weights and moments stay, and the gradient is not part of the norm. */
  readonly rateScale: number
  /** Multiplies the weight decay. */
  readonly decayScale: number
}

export interface AdamWState {
  readonly weights: Weights
  /** First and second moments, by parameter. */
  readonly first: Weights
  readonly second: Weights
}

const epsilon = 1e-8

/** Whether weight decay applies: to matrices, not to biases, norms, positions, the pooling query or the logit scale. */
export const isDecayed = (name: string, shape: readonly number[]): boolean =>
  shape.length >= 2 && !name.endsWith('pos_embed') && !name.endsWith('positional_embedding') && !name.endsWith('.query')

/** How each parameter is updated. Throws where a group is empty, which a misspelt prefix would be. */
function updateRules(
  names: readonly string[],
  { groups = [], weightDecay, layerDecay }: AdamWSpec,
): readonly UpdateRule[] {
  const empty = groups.find(({ prefix }) => !names.some(name => name.startsWith(prefix)))
  if (empty !== undefined)
    throw new Error(
      `No parameter begins with '${empty.prefix}'; names begin with ${[...new Set(names.map(name => name.split('.', 1)[0]))].join(', ')}`,
    )
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

/** Parameters that are updated as one array. */
interface FusedParameters {
  readonly names: readonly string[]
  readonly rateScale: number
  readonly weightDecay: number
}

/**
 * Vectors at the same rate are one pack, because there are many and they are small: what they cost is the number of
 * operations. Matrices are large, and each is a pack of its own.
 */
function fuseParameters(
  learning: readonly UpdateRule[],
  weights: Weights,
  gradients: Weights,
): readonly FusedParameters[] {
  const vectors = new Map<number, string[]>()
  const found: FusedParameters[] = []
  for (const { name, rateScale, weightDecay } of learning) {
    const { shape } = weight(weights, name)
    const known = vectors.get(rateScale)
    if (shape.length !== 1 || weight(gradients, name).shape.length !== 1)
      found.push({ names: [name], rateScale, weightDecay: isDecayed(name, shape) ? weightDecay : 0 })
    else if (known !== undefined) known.push(name)
    else {
      const names = [name]
      vectors.set(rateScale, names)
      found.push({ names, rateScale, weightDecay: 0 })
    }
  }
  return found
}

const concatenate = (parts: readonly tf.Tensor[]): tf.Tensor => {
  const [first] = parts
  return first !== undefined && parts.length === 1 ? first : tf.concat([...parts])
}

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
  const all = updateRules(Object.keys(state.weights), spec)
  const learning = all.filter(({ rateScale }) => rateScale > 0)
  if (learning.length === 0) throw new Error('Every parameter is frozen; leave a group with a learning rate above 0')
  const squares = Object.fromEntries(learning.map(({ name }) => [name, tf.square(weight(gradients, name))]))
  const gradientNorm = tf.sqrt(tf.addN(Object.values(squares).map(square => tf.sum(square))))
  const clip = tf.minimum(tf.div(spec.clipNorm, tf.add(gradientNorm, 1e-6)), 1)
  const bias1 = tf.sub(1, tf.pow(spec.beta1, step))
  const bias2 = tf.sqrt(tf.sub(1, tf.pow(spec.beta2, step)))
  const rate = tf.div(tf.mul(learningRate, bias2), bias1)
  const floor = tf.mul(bias2, epsilon)
  // The clipped gradient is never an array of its own: what clips it is part of these numbers.
  const newFirst = tf.mul(clip, 1 - spec.beta1)
  const newSecond = tf.mul(tf.square(clip), 1 - spec.beta2)
  const next = { weights: { ...state.weights }, first: { ...state.first }, second: { ...state.second } }
  for (const { names, rateScale, weightDecay } of fuseParameters(learning, state.weights, gradients)) {
    const of = (kind: Weights) => concatenate(names.map(name => weight(kind, name)))
    const old = of(state.weights)
    const first = tf.add(tf.mul(of(state.first), spec.beta1), tf.mul(of(gradients), newFirst))
    const second = tf.add(tf.mul(of(state.second), spec.beta2), tf.mul(of(squares), newSecond))
    const kept = weightDecay > 0 ? tf.mul(old, tf.sub(1, tf.mul(learningRate, rateScale * weightDecay))) : old
    const scaled = tf.mul(first, rateScale === 1 ? rate : tf.mul(rate, rateScale))
    const changed = tf.sub(kept, tf.div(scaled, tf.add(tf.sqrt(second), floor)))
    const sizes = names.map(name => weight(state.weights, name).size)
    const parts = (whole: tf.Tensor) => (names.length === 1 ? [whole] : tf.split(whole, sizes))
    for (const [kind, whole] of [
      [next.weights, changed],
      [next.first, first],
      [next.second, second],
    ] as const)
      for (const [i, part] of parts(whole).entries()) kind[names[i] ?? ''] = part
  }
  return { ...next, gradientNorm }
}
