/** Parameters and settings of stages that train, in the terms of the trainer. */
import type { ComputedMammut } from '../../model/config.ts'
import type { ModelConfig } from '../../model/network.ts'
import type { CheckpointOptions } from '../../train/checkpoint_manager.ts'
import type { LearningRateSchedule } from '../../train/learning_rate.ts'
import type { BatchSplit } from '../../train/stepper_types.ts'
import type { UpdateSpec } from '../../train/update.ts'
import type { StageContext } from '../context.ts'

type TrainingContext = StageContext<'train' | 'region-train'>
type Settings = Pick<TrainingContext, 'settings'>

/** The update of the weights; what a phase freezes goes before the groups of its optimiser. */
export function updateOf(
  { optimizer, ema }: Pick<TrainingContext['params'], 'optimizer' | 'ema'>,
  freeze: readonly string[] = [],
): UpdateSpec {
  const frozen = freeze.map(prefix => ({ prefix, rateScale: 0, decayScale: 1 }))
  return {
    beta1: optimizer.beta1,
    beta2: optimizer.beta2,
    weightDecay: optimizer.weight_decay,
    clipNorm: optimizer.clip_norm,
    groups: [
      ...frozen,
      ...optimizer.groups.map(({ parameters, learning_rate_scale, weight_decay_scale }) => ({
        prefix: parameters,
        rateScale: learning_rate_scale,
        decayScale: weight_decay_scale,
      })),
    ],
    layerDecay: optimizer.layer_decay,
    ema,
  }
}

/** The learning rates of so many steps. */
export const scheduleOf = (
  { learning_rate, warm_up, schedule }: Pick<TrainingContext['params'], 'learning_rate' | 'warm_up' | 'schedule'>,
  steps: number,
): LearningRateSchedule => ({ peak: learning_rate, warmUp: warm_up, steps, ...(schedule && { shape: schedule }) })

/** The folder of checkpoints, their interval, and how many of them stay. */
export const checkpointingOf = ({
  settings,
  checkpoints,
  report,
}: Settings & Pick<TrainingContext, 'checkpoints' | 'report'>): CheckpointOptions => ({
  folder: checkpoints,
  every: settings.checkpoint_every,
  keep: settings.keep_checkpoints,
  log: report.log,
  warn: report.warn,
})

/** A model, and whether its blocks are computed again for their gradients. */
export const computedOf = <Config extends ModelConfig>(
  config: Config,
  { settings }: Settings,
): Config & Pick<ComputedMammut, 'recompute'> => ({ ...config, recompute: settings.recompute })

/** The slots that share a batch, and the parts in which each computes its share. */
export const splitOf = ({ settings }: Settings): BatchSplit => ({
  slots: settings.slots,
  microBatch: settings.micro_batch ?? undefined,
})
