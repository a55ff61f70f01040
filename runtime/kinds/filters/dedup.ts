/** Stage `dedup`: drops all but the first of perceptually equal images. */
import { findDuplicates } from '../../data/filters/dedup.ts'
import { hashDataset } from '../../data/filters/phash.ts'
import type { StageContext, StageResult } from '../context.ts'
import { concludeFilter } from './conclude.ts'

/** Hashes all images and keeps the first of each group. Metrics as all filters. */
export async function run(context: StageContext<'dedup'>): Promise<StageResult> {
  const { folder, split } = context.inputs.data
  const hashed = await hashDataset(folder, split)
  const duplicates = findDuplicates(
    hashed.map(({ hash }) => hash),
    context.params.distance,
  )
  const verdicts = hashed.map(({ sample }, i) => {
    const twin = duplicates[i]
    if (twin === undefined) return { sample }
    const remark = `${twin.distance} of 64 bits from ${hashed[twin.position]?.sample.key}`
    return { sample, dropped: 'repeats an earlier image', remark }
  })
  return concludeFilter(context, verdicts)
}
