/** A tiny training run that tests stop, split and compare. */
import { createRandom } from '../../runtime/data/random.ts'
import { chooseEngine, type HostArray, ints } from '../../runtime/engine/mod.ts'
import type { ComputedMammut } from '../../runtime/model/config.ts'
import { initialWeights } from '../../runtime/model/initialise.ts'
import type { OptimizerGroup } from '../../runtime/train/adamw.ts'
import type { CheckpointOptions } from '../../runtime/train/checkpoint_manager.ts'
import type { StepReport } from '../../runtime/train/history.ts'
import type { DecayShape } from '../../runtime/train/learning_rate.ts'
import type { LoaderPosition } from '../../runtime/train/loader.ts'
import type { Contrast } from '../../runtime/train/losses.ts'
import type { ObjectiveSource } from '../../runtime/train/objective.ts'
import type { PairSpec } from '../../runtime/train/pair_objective.ts'
import type { BatchSplit } from '../../runtime/train/stepper_types.ts'
import { type TrainingResult, train } from '../../runtime/train/trainer.ts'
import { randomBatch, tinyMammut } from '../tiny_models.ts'

/** Sizes of the model. */
export const config = tinyMammut({ vision: { layers: 2 } })
const pairs = 8

/** Random pairs, other ones at each call; its position is that of its random numbers. */
export function randomPairs() {
  const random = createRandom(5, 'tiny pairs')
  const next = () => ({
    ...randomBatch(random, pairs),
    rows: Array.from({ length: pairs }, (_, row) => ({ part: 0, row, key: `pair-${row}` })),
  })
  const position = (): LoaderPosition => ({ random: ints(Int32Array.of(random.position())) })
  const restore = ({ random: at }: LoaderPosition) => random.seek(at?.data[0] ?? 0)
  return { next, position, restore }
}

/** The objective of pairs, as the stages give it. */
export const pairsOf = (of: ComputedMammut, captionWeight = 1): ObjectiveSource => ({
  module: new URL('../../runtime/train/pair_objective.js', import.meta.url).href,
  spec: { config: of, captionWeight } satisfies PairSpec,
})

/** Options of a tiny run. */
export interface TinyOptions extends BatchSplit {
  readonly recompute?: boolean
  readonly captionWeight?: number
  readonly ema?: number | undefined
  readonly contrast?: Contrast
  readonly shape?: DecayShape
  readonly layerDecay?: number
  readonly groups?: readonly OptimizerGroup[]
  readonly objective?: ObjectiveSource
  readonly steps: number
  readonly checkpoints?: CheckpointOptions
  readonly signal?: AbortSignal
  readonly onStep?: (report: StepReport) => void
}

/** Trains a tiny MaMMUT on two threads. */
export async function trainTiny({
  steps,
  checkpoints,
  signal,
  onStep,
  recompute = false,
  captionWeight = 1,
  ema,
  contrast,
  shape,
  layerDecay,
  groups,
  objective,
  ...splitting
}: TinyOptions): Promise<TrainingResult> {
  return train({
    engine: await chooseEngine('cpu', 2),
    weights: initialWeights(config, 3),
    optimizer: { beta1: 0.9, beta2: 0.98, weightDecay: 0.05, clipNorm: 1, ema, layerDecay, ...(groups && { groups }) },
    schedule: { peak: 3e-3, warmUp: 0.2, steps, shape },
    contrast,
    objective: objective ?? pairsOf({ ...config, recompute }, captionWeight),
    batchSize: pairs,
    ...splitting,
    loader: randomPairs(),
    arrays: ({ images, tokens }) => ({ images, tokens }),
    onStep: onStep ?? (() => {}),
    signal: signal ?? new AbortController().signal,
    ...(checkpoints && { checkpoints }),
  })
}

/** The bits of what a run gives, as text. */
export const bitsOf = ({ weights, last = {}, steps }: TrainingResult): string =>
  JSON.stringify([
    steps,
    [...Object.entries(weights), ...Object.entries(last)].map(([name, { data }]: [string, HostArray]) => [
      name,
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
    ]),
  ])
