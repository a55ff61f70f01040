/** Linear probes: multinomial logistic regression on frozen features (docs/protocol.md). */

import type { TieRule } from '../../dsl/recipe/ties.ts'
import { minimise } from '../data/filters/lbfgs.ts'
import { createRandom } from '../data/random.ts'
import { type Engine, floats, floatsOf, jit, tf } from '../engine/mod.ts'
import { rankClasses, scoreAnswers } from './classification.ts'

/** Features, row-major [rows, dim], and the class of each row. */
export interface ProbeData {
  readonly features: Float32Array
  readonly labels: Int32Array
}

/** Options of fitting a probe. */
export interface ProbeOptions {
  readonly dim: number
  /** Class names: [classes]. */
  readonly names: readonly string[]
  /** Share of each class that validates the penalty: at least one row of classes with two or more. */
  readonly validation: number
  /** @default 'expected' */
  readonly ties?: TieRule
  readonly seed: number
  readonly threads: number
  readonly onFit?: (done: number, total: number) => void
}

/** A fitted classifier. */
export interface LinearProbe {
  /** The penalty with the best validation accuracy; of equal ones the largest. */
  readonly penalty: number
  /** Validation accuracy of each penalty in percent, in the order of {@link penalties}. */
  readonly validated: readonly number[]
  /** Scores of rows, row-major [rows, classes]: the linear function, without softmax. */
  readonly judge: (features: Float32Array) => Float64Array
}

/** Penalties that are tried, from strong to weak; each fit starts at the solution of the previous one. */
export const penalties: readonly number[] = [1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6]

/**
 * Fits a classifier with each penalty to a part of the rows, selects the penalty by the validation part, and fits all rows
 * with it.
 *
 * Features are standardized over the rows that are fitted. The loss is the mean cross-entropy plus half the penalty times the
 * squared coefficients, without those of biases. It is convex, so the start changes only the last digits of the result.
 */
export async function fitProbe({ features, labels }: ProbeData, options: ProbeOptions): Promise<LinearProbe> {
  const { dim, names, ties = 'expected', onFit } = options
  const classes = names.length
  const { fitted, held } = splitRows(labels, options)
  const rowsOf = (rows: readonly number[]): ProbeData => ({
    features: gather(features, rows, dim),
    labels: Int32Array.from(rows, row => labels[row] ?? 0),
  })
  const [training, validation] = [rowsOf(fitted), rowsOf(held)]
  const total = penalties.length + 1
  const trainer = createTrainer(training, options)
  const validated: number[] = []
  let best: { readonly penalty: number; readonly right: number; readonly weights: Float64Array } | undefined
  try {
    let weights: Float64Array = new Float64Array((dim + 1) * classes)
    for (const [index, penalty] of penalties.entries()) {
      weights = await trainer.fit(penalty, weights)
      const scores = scoresOf(validation.features, { weights, ...trainer, classes })
      const answers = rankClasses(scores, { labels: validation.labels, names })
      const right = scoreAnswers(answers, { names, ties }).metrics.top1
      validated.push(right)
      if (best === undefined || right > best.right) best = { penalty, right, weights }
      onFit?.(index + 1, total)
    }
  } finally {
    await trainer.dispose()
  }
  const { penalty, weights: start } = best ?? { penalty: 1, weights: new Float64Array((dim + 1) * classes) }
  const whole = createTrainer({ features, labels }, options)
  try {
    const weights = await whole.fit(penalty, start)
    onFit?.(total, total)
    return { penalty, validated, judge: rows => scoresOf(rows, { weights, ...whole, classes }) }
  } finally {
    await whole.dispose()
  }
}

/**
 * Splits rows into a seeded validation part of each class, `held`, and the rest for fitting, `fitted`, both in order. A class
 * of one row is not validated; of larger ones at least one row is held and at least one is fitted.
 */
export function splitRows(
  labels: Int32Array,
  { names, validation, seed }: Pick<ProbeOptions, 'names' | 'validation' | 'seed'>,
): { readonly fitted: readonly number[]; readonly held: readonly number[] } {
  const random = createRandom(seed, 'linear probe')
  const fitted: number[] = []
  const held: number[] = []
  for (let label = 0; label < names.length; label++) {
    const rows = random.shuffle([...labels.keys()].filter(row => labels[row] === label))
    const count = rows.length < 2 ? 0 : Math.min(rows.length - 1, Math.max(1, Math.round(validation * rows.length)))
    held.push(...rows.slice(0, count))
    fitted.push(...rows.slice(count))
  }
  return { fitted: fitted.sort((a, b) => a - b), held: held.sort((a, b) => a - b) }
}

function gather(features: Float32Array, rows: readonly number[], dim: number): Float32Array {
  const found = new Float32Array(rows.length * dim)
  for (const [at, row] of rows.entries()) found.set(features.subarray(row * dim, (row + 1) * dim), at * dim)
  return found
}

/** Mean and inverse standard deviation of each feature; the inverse is 0 for constant features. */
interface ProbeScaling {
  readonly centre: Float64Array
  readonly scale: Float64Array
}

function scalingOf(features: Float32Array, dim: number): ProbeScaling {
  const rows = features.length / dim
  const [centre, squares] = [new Float64Array(dim), new Float64Array(dim)]
  for (let at = 0; at < features.length; at++) centre[at % dim] = (centre[at % dim] ?? 0) + (features[at] ?? 0) / rows
  for (let at = 0; at < features.length; at++)
    squares[at % dim] = (squares[at % dim] ?? 0) + ((features[at] ?? 0) - (centre[at % dim] ?? 0)) ** 2 / rows
  return { centre, scale: squares.map(square => (square < 1e-20 ? 0 : 1 / Math.sqrt(square))) }
}

const scaleFeatures = (features: Float32Array, { centre, scale }: ProbeScaling): Float32Array =>
  features.map((value, at) => (value - (centre[at % centre.length] ?? 0)) * (scale[at % scale.length] ?? 0))

/** Creates the trainer of a classifier: full-batch loss and gradient, L-BFGS. Weights are [dim + 1, classes], biases last. */
function createTrainer({ features, labels }: ProbeData, { dim, names, threads }: ProbeOptions) {
  const classes = names.length
  const rows = labels.length
  const scaling = scalingOf(features, dim)
  const engine: Engine = { name: 'cpu', provider: 'cpu', threads }
  const x = floats(scaleFeatures(features, scaling), [rows, dim])
  const targets = new Float32Array(rows * classes)
  for (const [row, label] of labels.entries()) targets[row * classes + label] = 1
  const y = floats(targets, [rows, classes])
  const step = jit(
    ({ x, y, w, b }: { x: tf.Tensor2D; y: tf.Tensor2D; w: tf.Tensor2D; b: tf.Tensor1D }) => {
      const logits = tf.add(tf.matMul(x, w), b)
      const centred = tf.sub(logits, tf.max(logits, 1, true))
      const logSums = tf.log(tf.sum(tf.exp(centred), 1, true))
      const losses = tf.sub(logSums, tf.sum(tf.mul(centred, y), 1, true))
      const errors = tf.sub(tf.exp(tf.sub(centred, logSums)), y) as tf.Tensor2D
      return { losses, w: tf.matMul(x, errors, true, false), b: tf.sum(errors, 0) }
    },
    { engine },
  )
  const fit = (penalty: number, start: Float64Array): Promise<Float64Array> =>
    minimise(
      async point => {
        const single = Float32Array.from(point)
        const found = await step({
          x,
          y,
          w: floats(single.subarray(0, dim * classes), [dim, classes]),
          b: floats(single.subarray(dim * classes), [classes]),
        })
        let loss = 0
        for (const value of floatsOf(found.losses)) loss += value / rows
        const gradient = new Float64Array(point.length)
        floatsOf(found.w).forEach((value, at) => {
          const weight = point[at] ?? 0
          loss += (penalty / 2) * weight ** 2
          gradient[at] = value / rows + penalty * weight
        })
        floatsOf(found.b).forEach((value, at) => {
          gradient[dim * classes + at] = value / rows
        })
        return { loss, gradient }
      },
      start,
      // Shorter gradients are noise of float32.
      { tolerance: 1e-5, mostSteps: 200 },
    )
  return { scaling, fit, dispose: () => step.dispose() }
}

interface FittedProbe {
  readonly weights: Float64Array
  readonly scaling: ProbeScaling
  readonly classes: number
}

function scoresOf(features: Float32Array, { weights, scaling, classes }: FittedProbe): Float64Array {
  const dim = scaling.centre.length
  const rows = scaleFeatures(features, scaling)
  const count = features.length / dim
  const scores = new Float64Array(count * classes)
  for (let row = 0; row < count; row++) {
    for (let label = 0; label < classes; label++) scores[row * classes + label] = weights[dim * classes + label] ?? 0
    for (let k = 0; k < dim; k++) {
      const value = rows[row * dim + k] ?? 0
      for (let label = 0; label < classes; label++)
        scores[row * classes + label] =
          (scores[row * classes + label] ?? 0) + value * (weights[k * classes + label] ?? 0)
    }
  }
  return scores
}
