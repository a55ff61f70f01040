/** The objective of a distillation round: the losses of pairs and the region loss. */
import type { tf } from '../engine/mod.ts'
import type { ComputedMammut } from '../model/config.ts'
import type { BatchTensors, Objective } from '../train/objective.ts'
import { type PairSpec, pairParts } from '../train/pair_objective.ts'
import { regionSums } from './region_loss.ts'
import type { QueryTokens } from './sao.ts'

/** Parameters of the objective. */
export interface RegionSpec extends PairSpec {
  readonly config: ComputedMammut
  /** Weight of the region loss. */
  readonly regionWeight: number
  /** Number of concepts. */
  readonly concepts: number
}

/**
 * The objective over batches with `images` and `tokens` as those of pairs, `labels` and `certain` [b, patches, concepts], and
 * for each concept i `prompts.i` and `against.i`, which have no batch rows.
 */
export const objective =
  ({ regionWeight, concepts, ...pair }: RegionSpec): Objective =>
  (batch, weights) => {
    const { imageTokens, means, ...embedded } = pairParts(batch, weights, pair)
    if (imageTokens === undefined) throw new Error('The model has no image tokens for the region loss')
    const queries = Array.from(
      { length: concepts },
      (_, i): QueryTokens => ({
        prompts: batchTensor(batch, `prompts.${i}`),
        against: batchTensor(batch, `against.${i}`),
      }),
    )
    const targets = { labels: batchTensor(batch, 'labels'), certain: batchTensor(batch, 'certain') }
    const sums = regionSums(imageTokens, targets, weights, { config: pair.config, queries })
    return { ...embedded, means: { ...means, region: { ...sums, weight: regionWeight } } }
  }

function batchTensor(batch: BatchTensors, name: string): tf.Tensor {
  const tensor = batch[name]
  if (tensor === undefined) throw new Error(`A batch lacks '${name}'`)
  return tensor
}
