/** A training step over a whole batch, as one tfjs function. */
import { gradients, tf } from '../engine/mod.ts'
import type { Weights } from '../model/layers.ts'
import type { BatchTensors, StepLosses } from './objective.ts'
import { type UpdateSpec, type UpdateState, update } from './update.ts'

interface StepInputs extends UpdateState {
  readonly batch: BatchTensors
  readonly learningRate: tf.Tensor
  readonly step: tf.Tensor
}

/** Returns a step that computes losses and gradients and updates every weight. */
export function trainStep(losses: (batch: BatchTensors, weights: Weights) => StepLosses, optimizer: UpdateSpec) {
  return ({ batch, learningRate, step, ...state }: StepInputs) => {
    const { weights } = state
    const names = Object.keys(weights)
    const measured: Record<string, tf.Tensor> = {}
    const objective = (): tf.Tensor => {
      const all = losses(batch, weights)
      // The tape frees what its function does not return.
      for (const [name, value] of Object.entries(all)) measured[name] = tf.keep(value)
      return all.loss
    }
    const { grads } = gradients(objective, Object.values(weights))
    const byName = Object.fromEntries(names.map((name, i) => [name, grads[i] ?? tf.zeros([])]))
    const next = update(state, { gradients: byName, learningRate, step }, optimizer)
    return { ...next, losses: measured }
  }
}
