/** Filter `classifier`: an overhead classifier, fitted on a small labelled part. */
import type { Count, DatasetRef, Share } from '../../recipe/scalars.ts'
import { type FilterDefinition, type FilterExpanding, metricsIn } from '../definition.ts'
import { draft } from '../draft.ts'
import type { FilledClassifierFilter } from '../filled.ts'
import { dataNeeds, defineStage } from '../stage.ts'
import { filterMetrics } from './metrics.ts'

/**
 * Overhead-imagery classifier on image and text, trained inside the recipe on a small labelled part.
 * @source Barzilai et al., arXiv 2503.08722: RS-WebLI
 */
export interface ClassifierFilter {
  kind: 'classifier'
  /** What is filtered. */
  from: DatasetRef
  /** Samples whose human label is shown to the classifier; the rest is only measured. @default 300 */
  labelled?: Count
  /** Probability from which a sample is kept. @default 0.5 */
  threshold?: Share
}

const stage = defineStage({
  kind: 'classifier',
  version: 2,
  needs: dataNeeds,
  spec: ({ kind: _, from: __, ...rest }: FilledClassifierFilter, { data, seed }: FilterExpanding) => ({
    params: { ...rest, seed },
    inputs: { data },
  }),
})

/** The labelled part is drawn by the recipe's seed. */
export const classifier = {
  kind: 'classifier',
  stages: [stage],
  dataNeeds: ({ from }) => [{ at: ['from'], dataset: from, annotation: 'human labels' }],
  metrics: name => [
    {
      stage: name,
      kind: stage.kind,
      metrics: [...filterMetrics, ...metricsIn('share', ['accuracy']), ...metricsIn('count', ['labelled'])],
    },
  ],
  expand: (name, filter, expanding) => [draft(stage, { id: name, path: ['filters', name] }, filter, expanding)],
} as const satisfies FilterDefinition<'classifier', FilledClassifierFilter>
