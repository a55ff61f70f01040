/** The steps of training: of a whole batch, or of micro-batches. */
import type { TensorType } from '../../engine/mod.ts'
import type { Network } from '../../model/network.ts'
import type { Contrast } from '../../train/losses.ts'
import { lossesOf, type Objective } from '../../train/objective.ts'
import { applyGradients, backwardMicroBatch, contrastiveGradients, embedMicroBatch } from '../../train/split_step.ts'
import { trainStep } from '../../train/step.ts'
import type { BatchSplit } from '../../train/stepper_types.ts'
import type { UpdateSpec } from '../../train/update.ts'
import { floatType, type PrintableStep, printableStep, weightTypes } from '../printable_step.ts'

/** Sizes and parameters of a training step. */
export interface TrainingSizes extends BatchSplit {
  readonly network: Network
  readonly objective: Objective
  readonly optimizer: UpdateSpec
  readonly contrast: Contrast | undefined
  readonly batchSize: number
  /** Types of the arrays of so many pairs. */
  readonly rows: (pairs: number) => Readonly<Record<string, TensorType>>
  /** Types of the inputs without batch rows. @default none */
  readonly constants?: Readonly<Record<string, TensorType>>
  /** Names of the means of the objective. */
  readonly means: readonly string[]
}

/** The steps that training compiles. */
export function trainingSteps(sizes: TrainingSizes): readonly PrintableStep[] {
  const { network, objective, optimizer, contrast, batchSize, rows, constants, slots = 1 } = sizes
  const weights = weightTypes(network)
  const scalar = floatType()
  const state = { weights, first: weights, second: weights, average: optimizer.ema === undefined ? {} : weights }
  const rate = { learningRate: scalar, step: scalar }
  const pairs = batchSize / slots
  const { microBatch = pairs } = sizes
  if (slots === 1 && microBatch === batchSize) {
    const losses = trainStep((batch, given) => lossesOf(objective(batch, given), given, contrast), optimizer)
    return [
      printableStep(`training step of ${batchSize} pairs`, losses, {
        inputs: { ...state, ...rate, batch: { ...rows(batchSize), ...constants } },
      }),
    ]
  }
  const batch = { ...rows(microBatch), ...constants }
  const embeddings = (count: number) => ({
    images: floatType(count, network.embedDim),
    texts: floatType(count, network.embedDim),
  })
  const totals = Object.fromEntries(sizes.means.map(name => [name, scalar]))
  return [
    printableStep(`embeddings of ${microBatch} pairs`, embedMicroBatch(objective), { inputs: { weights, batch } }),
    printableStep(`contrastive loss of ${batchSize} pairs`, contrastiveGradients(contrast), {
      inputs: { ...embeddings(batchSize), logitScale: scalar },
    }),
    printableStep(`gradients of ${microBatch} pairs`, backwardMicroBatch(objective), {
      inputs: { weights, batch, gradients: weights, by: embeddings(microBatch), totals },
    }),
    printableStep('update of the weights', applyGradients(optimizer), {
      inputs: { ...state, ...rate, gradients: weights, logitScale: scalar },
    }),
  ]
}
