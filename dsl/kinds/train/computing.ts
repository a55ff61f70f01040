/** Shared by entries that train: how batches are computed, and numbers that must fit each other. */
import type { ValuePath } from '../../values/located.ts'
import { nearestMultiple } from '../../values/multiples.ts'
import type { Finding } from '../definition.ts'
import type { FilledTrain } from '../filled.ts'

type Computed = Pick<
  FilledTrain,
  'slots' | 'micro_batch' | 'recompute' | 'checkpoint_every' | 'keep_checkpoints' | 'image_cache'
>

/** Settings of how to compute, apart from the parameters. */
export function splitSettings<Training extends Computed>(entry: Training) {
  const { slots, micro_batch, recompute, checkpoint_every, keep_checkpoints, image_cache, ...rest } = entry
  return {
    rest,
    settings: {
      slots,
      micro_batch: micro_batch ?? null,
      recompute,
      checkpoint_every,
      keep_checkpoints,
      image_cache,
    },
  }
}

/** A finding where the samples are fewer than a batch. */
export function checkBudget(
  { samples, batch_size }: { readonly samples: number; readonly batch_size: number },
  at: ValuePath,
): readonly Finding[] {
  if (samples >= batch_size) return []
  const message = `'samples' is ${samples}, less than one batch of ${batch_size}`
  return [{ code: 'out-of-range', at: [...at, 'samples'], message }]
}

/** A finding where the fall of the learning rate begins before warm-up ends. */
export function checkCooldown(
  { schedule, warm_up }: Pick<FilledTrain['phases'][number], 'schedule' | 'warm_up'>,
  at: ValuePath,
): readonly Finding[] {
  if (schedule?.kind !== 'cooldown' || schedule.share + warm_up <= 1) return []
  return [
    {
      code: 'out-of-range',
      at: [...at, 'schedule', 'share'],
      message: `'share' ${schedule.share} and 'warm_up' ${warm_up} are more than all steps`,
      fix: { hint: `write a 'share' of at most ${Number((1 - warm_up).toPrecision(6))}` },
    },
  ]
}

/** A finding where a batch does not divide into slots, or the share of a slot into parts. */
export function checkSlots({
  batch_size,
  slots,
  micro_batch,
}: Pick<FilledTrain, 'batch_size' | 'slots' | 'micro_batch'>): readonly Finding[] {
  if (batch_size % slots !== 0)
    return [
      {
        code: 'shape-mismatch',
        at: ['slots'],
        message: `'batch_size' ${batch_size} does not divide into ${slots} slots`,
        fix: { hint: `write a 'batch_size' of ${nearestMultiple(batch_size, slots)}` },
      },
    ]
  const share = batch_size / slots
  if (micro_batch === undefined || share % micro_batch === 0) return []
  const fitting = Array.from({ length: share }, (_, i) => share - i).find(
    size => share % size === 0 && size <= Math.max(1, micro_batch),
  )
  return [
    {
      code: 'shape-mismatch',
      at: ['micro_batch'],
      message: `'micro_batch' ${micro_batch} does not divide the ${share} pairs of ${slots === 1 ? 'a batch' : "a slot's share of a batch"}`,
      fix: { hint: `write ${fitting ?? 1}` },
    },
  ]
}
