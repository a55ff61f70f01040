/** Stage `dedup`: drops all but the first of perceptually equal images. */
import { findDuplicates } from '../data/filters/dedup.ts'
import { hashDataset } from '../data/filters/phash.ts'
import { concludeFilter } from './filtering.ts'
import { readNumber } from './params.ts'
import { inputFolder, type StageContext, type StageResult } from './stage.ts'

/** Hashes all images and keeps the first of each group. Metrics as all filters. */
export async function run(context: StageContext): Promise<StageResult> {
  const { folder, split } = inputFolder(context.inputs, 'data')
  const hashed = await hashDataset(folder, split)
  const duplicates = findDuplicates(
    hashed.map(({ hash }) => hash),
    readNumber(context.params, 'distance'),
  )
  const verdicts = hashed.map(({ sample }, i) => {
    const twin = duplicates[i]
    if (twin === undefined) return { sample }
    const remark = `${twin.distance} of 64 bits from ${hashed[twin.position]?.sample.key}`
    return { sample, dropped: 'repeats an earlier image', remark }
  })
  return concludeFilter(context, verdicts)
}
