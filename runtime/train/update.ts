/** What a step changes: weights by AdamW, the logit scale bounded, and the average of the weights. */
import { tf } from '../engine/mod.ts'
import { type Weights, weight } from '../model/layers.ts'
import { type AdamWInputs, type AdamWSpec, type AdamWState, adamw } from './adamw.ts'

export interface UpdateSpec extends AdamWSpec {
  /** Decay of the moving average of weights, once it has warmed up; absent: none is kept. */
  readonly ema?: number | undefined
}

export interface UpdateState extends AdamWState {
  /** Moving average of each weight; without parameters where none is kept. */
  readonly average: Weights
}

/** The largest logit scale, as CLIP bounds it. */
const maxLogitScale = Math.log(100)

/** Weights after a step, and their average. Throws where a state and what is asked differ in whether there is one. */
export function update({ average, ...state }: UpdateState, inputs: AdamWInputs, { ema, ...spec }: UpdateSpec) {
  const { gradientNorm, ...moved } = adamw(state, inputs, spec)
  const logitScale = tf.minimum(weight(moved.weights, 'logit_scale'), maxLogitScale)
  const weights: Weights = { ...moved.weights, logit_scale: logitScale }
  return {
    ...moved,
    weights,
    average: updateAverage({ average, weights, before: state.weights }, inputs.step, ema),
    gradientNorm,
    logitScale,
  }
}

interface AverageInputs {
  readonly average: Weights
  readonly weights: Weights
  readonly before: Weights
}

/**
 * After step t the average moves by 1 - min(`ema`, (1 + t) / (10 + t)) of its distance to the weights: the ramp forgets
 * where training began (TensorFlow, `ExponentialMovingAverage`).
 */
function updateAverage({ average, weights, before }: AverageInputs, step: tf.Tensor, ema: number | undefined): Weights {
  if (ema === undefined) return average
  const share = tf.sub(1, tf.minimum(ema, tf.div(tf.add(step, 1), tf.add(step, 10))))
  return Object.fromEntries(
    Object.entries(weights).map(([name, now]) => {
      const old = weight(average, name)
      // What is frozen is its own average.
      return [name, now === before[name] ? old : tf.add(old, tf.mul(tf.sub(now, old), share))]
    }),
  )
}
