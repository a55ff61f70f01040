/** Creates the stepper of a run: the whole batch at once, in micro-batches, or on several slots. */
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { type CompileCache, floatsOf, jit, readState, scalarOf } from '../engine/mod.ts'
import type { Weights } from '../model/layers.ts'
import { type BatchTensors, loadObjective, lossesOf, type Objective } from './objective.ts'
import { createReplica, expOf, joinLosses } from './replica.ts'
import { openSlotStepper } from './slots.ts'
import { stateNames, type TrainingState } from './state.ts'
import { trainStep } from './step.ts'
import type { Stepper, StepperOptions } from './stepper_types.ts'

/** Creates a stepper from a state; throws if the batch does not divide into slots and micro-batches. */
export async function createStepper(start: TrainingState, options: StepperOptions): Promise<Stepper> {
  const { slots = 1, batchSize } = options
  const rows = batchSize / slots
  const { microBatch = rows } = options
  if (!Number.isInteger(rows) || !Number.isInteger(rows / microBatch))
    throw new UserFault(`A batch of ${batchSize} does not divide into ${slots} slots of parts of ${microBatch}`, {
      place: 'batch_size',
    })
  if (slots > 1) return openSlotStepper(start, { ...options, slots, microBatch })
  const objective = await loadObjective(options.objective)
  if (microBatch === batchSize) {
    const { cacheFolder: folder } = options
    const key = JSON.stringify([options.objective, options.optimizer, options.contrast])
    return singleGraphStepper(start, { ...options, objective, ...(folder !== undefined && { cache: { folder, key } }) })
  }
  const replica = createReplica(start, { ...options, objective, microBatch })
  return {
    async step(batch, at) {
      const { images, texts, counts } = await replica.embed(batch)
      const found = await replica.backward(batch, { images, texts, offset: 0, totals: counts })
      return { losses: joinLosses([found], counts), ...(await replica.update(at)) }
    },
    state: replica.state,
    dispose: replica.dispose,
  }
}

/** A stepper that computes the whole batch in one graph. */
function singleGraphStepper(
  start: TrainingState,
  {
    engine,
    objective,
    optimizer,
    contrast,
    constants,
    cache,
  }: Pick<StepperOptions, 'engine' | 'optimizer' | 'contrast' | 'constants'> & {
    readonly objective: Objective
    readonly cache?: CompileCache
  },
): Stepper {
  const losses = (batch: BatchTensors, weights: Weights) => lossesOf(objective(batch, weights), weights, contrast)
  const step = jit(trainStep(losses, optimizer), {
    engine,
    keep: stateNames,
    ...(cache && { cache }),
  })
  let state = start
  return {
    async step(rows, { step: number, learningRate }) {
      const {
        losses: scalars,
        gradientNorm,
        logitScale,
        ...nextState
      } = await step({
        ...state,
        batch: { ...rows, ...constants },
        learningRate: scalarOf(learningRate),
        step: scalarOf(number),
      })
      state = nextState
      const measured = Object.entries(scalars).map(([name, value]) => [name, floatsOf(value)[0] ?? Number.NaN] as const)
      return {
        losses: Object.fromEntries(measured),
        gradientNorm: floatsOf(gradientNorm)[0] ?? Number.NaN,
        logitScale: expOf(floatsOf(logitScale)[0] ?? Number.NaN),
      }
    },
    state: () => readState(state, engine),
    dispose: step.dispose,
  }
}
