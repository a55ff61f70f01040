/** Stage `decontaminate`: drops images that are perceptually equal to images of evaluation sets. */
import { findContaminated } from '../../data/filters/decontaminate.ts'
import { hashDataset } from '../../data/filters/phash.ts'
import type { StageContext, StageResult } from '../context.ts'
import { concludeFilter } from './conclude.ts'

/** Compares every image with those of the inputs `against`. Metrics as all filters. */
export async function run(context: StageContext<'decontaminate'>): Promise<StageResult> {
  const { folder, split } = context.inputs.data
  const hashed = await hashDataset(folder, split)
  const evaluation: Awaited<ReturnType<typeof hashDataset>>[number][] = []
  for (const against of context.inputs.against) evaluation.push(...(await hashDataset(against.folder, against.split)))
  const found = findContaminated(
    hashed.map(({ hash }) => hash),
    { against: evaluation.map(({ hash }) => hash), distance: context.params.distance },
  )
  const verdicts = hashed.map(({ sample }, i) => {
    const twin = found[i]
    if (twin === undefined) return { sample }
    const remark = `${twin.distance} of 64 bits from ${evaluation[twin.position]?.sample.key}`
    return { sample, dropped: 'repeats an evaluation image', remark }
  })
  return concludeFilter(context, verdicts)
}
