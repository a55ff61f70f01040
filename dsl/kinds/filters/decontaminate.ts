/** Filter `decontaminate`: drops images of evaluation sets. */
import type { DatasetRef } from '../../recipe/scalars.ts'
import type { FilterDefinition, FilterExpanding } from '../definition.ts'
import { draft } from '../draft.ts'
import type { FilledDecontaminateFilter } from '../filled.ts'
import { dataNeeds, defineStage } from '../stage.ts'
import { filterMetrics } from './metrics.ts'

/**
 * Drops images that are perceptually equal to any image of the evaluation sets.
 * @source Barzilai et al., arXiv 2503.08722: decontamination against the evaluation sets
 */
export interface DecontaminateFilter {
  kind: 'decontaminate'
  /** What is filtered. */
  from: DatasetRef
  /** Evaluation sets. @minItems 1 @examples [["places.test"]] */
  against: DatasetRef[]
  /** Largest Hamming distance of 64-bit perceptual hashes that counts as equal. @default 6 @minimum 0 @maximum 32 @asType integer @unit bits */
  distance?: number
}

const stage = defineStage({
  kind: 'decontaminate',
  version: 1,
  needs: dataNeeds,
  spec: ({ distance, against }: FilledDecontaminateFilter, { data, dataset }: FilterExpanding) => ({
    params: { distance },
    inputs: { data, against: against.map(dataset) },
  }),
})

/** Every image is compared with all images of the evaluation sets. */
export const decontaminate = {
  kind: 'decontaminate',
  stages: [stage],
  references: ({ against }) => against.map((text, index) => ({ at: ['against', index], text })),
  decontaminates: { field: 'against', datasets: ({ against }) => against },
  metrics: name => [{ stage: name, kind: stage.kind, metrics: filterMetrics }],
  expand: (name, filter, expanding) => [draft(stage, { id: name, path: ['filters', name] }, filter, expanding)],
} as const satisfies FilterDefinition<'decontaminate', FilledDecontaminateFilter>
