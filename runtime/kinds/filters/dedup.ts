/** Stage `dedup`: drops all but the first of perceptually equal images. */
import { dedup } from '../../../dsl/kinds/filters/dedup.ts'
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
    const scores = { distance: twin.distance, twin: hashed[twin.position]?.sample.key }
    const remark = `${scores.distance} of 64 bits from ${scores.twin}`
    return { sample, dropped: 'repeats an earlier image', scores, remark }
  })
  return concludeFilter(context, { scores: dedup.scores, verdicts })
}
