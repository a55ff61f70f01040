/** Stage `decontaminate`: drops images that are perceptually equal to images of evaluation sets. */
import { decontaminate } from '../../../dsl/kinds/filters/decontaminate.ts'
import { findContaminated } from '../../data/filters/decontaminate.ts'
import { type Hash, hashDataset } from '../../data/filters/phash.ts'
import type { StageContext, StageResult } from '../context.ts'
import { concludeFilter } from './conclude.ts'

interface EvaluationImage {
  readonly hash: Hash
  /** Position of its dataset among the inputs. */
  readonly against: number
  readonly key: string
}

/** Compares every image with those of the inputs `against`. Metrics as all filters. */
export async function run(context: StageContext<'decontaminate'>): Promise<StageResult> {
  const { folder, split } = context.inputs.data
  const hashed = await hashDataset(folder, split)
  const evaluation: EvaluationImage[] = []
  for (const [against, set] of context.inputs.against.entries())
    for (const { hash, sample } of await hashDataset(set.folder, set.split))
      evaluation.push({ hash, against, key: sample.key })
  const found = findContaminated(
    hashed.map(({ hash }) => hash),
    { against: evaluation.map(({ hash }) => hash), distance: context.params.distance },
  )
  const verdicts = hashed.map(({ sample }, i) => {
    const near = found[i]
    const twin = near && evaluation[near.position]
    if (twin === undefined) return { sample }
    const scores = { distance: near?.distance, against: twin.against, twin: twin.key }
    const remark = `${scores.distance} of 64 bits from ${twin.key}`
    return { sample, dropped: 'repeats an evaluation image', scores, remark }
  })
  return concludeFilter(context, { scores: decontaminate.scores, verdicts })
}
