/** Filter `dedup`: drops repeated images. */
import type { DatasetRef } from '../../recipe/scalars.ts'
import type { FilterDefinition, FilterExpanding } from '../definition.ts'
import { draft } from '../draft.ts'
import type { FilledDedupFilter } from '../filled.ts'
import { dataNeeds, defineStage } from '../stage.ts'
import { filterMetrics } from './metrics.ts'

/**
 * Drops all but the first of perceptually equal images.
 * @source Barzilai et al., arXiv 2503.08722: deduplication of RS-WebLI
 */
export interface DedupFilter {
  kind: 'dedup'
  /** What is filtered. */
  from: DatasetRef
  /** Largest Hamming distance of 64-bit perceptual hashes that counts as equal. @default 4 @minimum 0 @maximum 32 @asType integer @unit bits */
  distance?: number
}

const stage = defineStage({
  kind: 'dedup',
  version: 1,
  needs: dataNeeds,
  spec: ({ distance }: FilledDedupFilter, { data }: FilterExpanding) => ({ params: { distance }, inputs: { data } }),
})

/** Every image is compared with all that come before it. */
export const dedup = {
  kind: 'dedup',
  stages: [stage],
  metrics: name => [{ stage: name, kind: stage.kind, metrics: filterMetrics }],
  expand: (name, filter, expanding) => [draft(stage, { id: name, path: ['filters', name] }, filter, expanding)],
} as const satisfies FilterDefinition<'dedup', FilledDedupFilter>
