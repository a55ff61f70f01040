/** A tiny MaMMUT and the training step on it, for runs that are compared between engines. */
import { createRandom } from '../../runtime/data/random.ts'
import type { TensorType } from '../../runtime/engine/graph/types.ts'
import {
  type Engine,
  floats,
  floatsOf,
  type HostArray,
  isNdArray,
  jit,
  mapTree,
  type NdArray,
  scalarOf,
  type Tree,
  toHost,
} from '../../runtime/engine/mod.ts'
import { initialWeights } from '../../runtime/model/initialise.ts'
import type { Weights } from '../../runtime/model/layers.ts'
import type { BatchTensors } from '../../runtime/train/objective.ts'
import { pairLosses } from '../../runtime/train/pair_objective.ts'
import { trainStep } from '../../runtime/train/step.ts'
import { randomBatch, tinyMammut } from '../tiny_models.ts'

const config = tinyMammut()

const batch = (number: number) => randomBatch(createRandom(number, 'tiny pairs'), 4)

function losses({ images, tokens }: BatchTensors, weights: Weights) {
  if (images === undefined || tokens === undefined) throw new Error('A batch lacks images or tokens')
  const { loss, contrastive, caption } = pairLosses({ images, tokens }, weights, { config, captionWeight: 1 })
  return { loss, contrastive, caption }
}

/** Results of a run: the loss of each step, and the weights after the last. */
export interface TinyRun {
  readonly losses: readonly number[]
  readonly weights: Readonly<Record<string, HostArray>>
  /** Location of the weights between steps. */
  readonly location: NdArray['location'] | undefined
}

/** The step that is compiled, as a function of tensors. */
export const tinyStep = trainStep(losses, { beta1: 0.9, beta2: 0.98, weightDecay: 0.01, clipNorm: 1 })

/** Inputs of the first step. */
function initialInputs() {
  const weights: Readonly<Record<string, NdArray>> = initialWeights(config, 3)
  const zeros = () =>
    Object.fromEntries(
      Object.entries(weights).map(([name, { shape }]): [string, NdArray] => [
        name,
        floats(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape),
      ]),
    )
  return { weights, first: zeros(), second: zeros(), average: {} }
}

/** Shapes and dtypes of everything that the step gets. */
export function tinyTypes(): Tree<TensorType> {
  const inputs = { ...initialInputs(), batch: batch(1), learningRate: scalarOf(1), step: scalarOf(1) }
  return mapTree(inputs as Tree<NdArray>, isNdArray, ({ shape, dtype }): TensorType => ({ shape, dtype }))
}

/** Trains for so many steps each on a batch of its own, with weights and moments kept where the engine computes. */
export async function trainTiny(engine: Engine, steps: number): Promise<TinyRun> {
  const step = jit(tinyStep, { engine, keep: ['weights', 'first', 'second'] })
  let state = initialInputs()
  const measured: number[] = []
  for (let number = 1; number <= steps; number++) {
    const inputs = { ...state, batch: batch(number), learningRate: scalarOf(1e-3), step: scalarOf(number) }
    const { losses, weights, first, second } = await step(inputs)
    state = { weights, first, second, average: {} }
    if (losses.loss === undefined) throw new Error('The step returned no loss')
    measured.push(floatsOf(losses.loss)[0] ?? Number.NaN)
  }
  const trained: Record<string, HostArray> = {}
  for (const [name, array] of Object.entries(state.weights)) trained[name] = await toHost(array)
  await step.dispose()
  return { losses: measured, weights: trained, location: Object.values(state.weights)[0]?.location }
}
