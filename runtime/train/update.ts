/** The update of a step: AdamW, the bound of the logit scale, and the moving average of the weights. */
import { tf } from '../engine/mod.ts'
import { type Weights, weight } from '../model/layers.ts'
import { type AdamWInputs, type AdamWSpec, type AdamWState, adamw } from './adamw.ts'

/** Parameters of the update. */
export interface UpdateSpec extends AdamWSpec {
  /** Decay of the moving average of weights after its warm-up. Absent: no average is kept. */
  readonly ema?: number | undefined
}

/** The state that an update changes. */
export interface UpdateState extends AdamWState {
  /** Moving average of each weight; empty if no average is kept. */
  readonly average: Weights
}

/** Logarithm of the largest factor of similarities, 100, as in CLIP. */
const maxLogitScale = Math.log(100)

/** The state after a step. Throws if `ema` is set and the state has no average. */
export function update({ average, ...state }: UpdateState, inputs: AdamWInputs, { ema, ...spec }: UpdateSpec) {
  const { gradientNorm, ...next } = adamw(state, inputs, spec)
  const logitScale = tf.minimum(weight(next.weights, 'logit_scale'), maxLogitScale)
  const weights: Weights = { ...next.weights, logit_scale: logitScale }
  return {
    ...next,
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
 * The moving average after step t. Its decay is min(`ema`, (1 + t) / (10 + t)), which is small in the first steps, so that
 * the initial weights lose their influence (as TensorFlow's `ExponentialMovingAverage`).
 */
function updateAverage({ average, weights, before }: AverageInputs, step: tf.Tensor, ema: number | undefined): Weights {
  if (ema === undefined) return average
  const share = tf.sub(1, tf.minimum(ema, tf.div(tf.add(step, 1), tf.add(step, 10))))
  return Object.fromEntries(
    Object.entries(weights).map(([name, now]) => {
      const old = weight(average, name)
      // A frozen parameter is equal to its average.
      return [name, now === before[name] ? old : tf.add(old, tf.mul(tf.sub(now, old), share))]
    }),
  )
}
