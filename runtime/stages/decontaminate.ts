/** Stage `decontaminate`: drops images that are perceptually equal to images of evaluation sets. */
import { findContaminated } from '../data/filters/decontaminate.ts'
import { hashDataset } from '../data/filters/phash.ts'
import { concludeFilter } from './filtering.ts'
import { readNumber } from './params.ts'
import { inputFolder, type StageContext, type StageResult } from './stage.ts'

/** Compares every image with those of the inputs `against.0`, `against.1` ... Metrics as all filters. */
export async function run(context: StageContext): Promise<StageResult> {
  const { folder, split } = inputFolder(context.inputs, 'data')
  const hashed = await hashDataset(folder, split)
  const evaluation: Awaited<ReturnType<typeof hashDataset>>[number][] = []
  for (const [role, input] of Object.entries(context.inputs)) {
    if (role.startsWith('against.')) evaluation.push(...(await hashDataset(input.folder, input.split)))
  }
  const found = findContaminated(
    hashed.map(({ hash }) => hash),
    { against: evaluation.map(({ hash }) => hash), distance: readNumber(context.params, 'distance') },
  )
  const verdicts = hashed.map(({ sample }, i) => {
    const twin = found[i]
    if (twin === undefined) return { sample }
    const remark = `${twin.distance} of 64 bits from ${evaluation[twin.position]?.sample.key}`
    return { sample, dropped: 'repeats an evaluation image', remark }
  })
  return concludeFilter(context, verdicts)
}
