/** Filter `classifier`: an overhead classifier, fitted on a small labelled part. */
import type { Count, DatasetRef, Share } from '../../recipe/scalars.ts'
import { metricsIn } from '../definition.ts'
import type { FilledClassifierFilter } from '../filled.ts'
import { defineFilter } from './define.ts'

/**
 * Overhead-imagery classifier on image and text, trained inside the recipe on a small labelled part.
 * @source Barzilai et al., arXiv 2503.08722: RS-WebLI
 */
export interface ClassifierFilter {
  kind: 'classifier'
  /** The dataset to filter. */
  from: DatasetRef
  /** Samples whose human label trains the classifier; the other labels only measure it. @default 300 */
  labelled?: Count
  /** Probability from which a sample is kept. @default 0.5 */
  threshold?: Share
}

/** The labelled part is drawn by the recipe's seed. */
export const classifier = defineFilter({
  kind: 'classifier',
  version: 3,
  spec: ({ kind: _, from: __, ...rest }: FilledClassifierFilter, { data, seed }) => ({
    params: { ...rest, seed },
    inputs: { data },
  }),
  scores: {
    probability: {
      type: 'number',
      unit: 'share',
      about: 'Probability of an overhead view; empty where the human label decides.',
    },
    labelled: { type: 'boolean', about: 'Whether its human label trains the classifier.' },
  },
  dataNeeds: ({ from }) => [{ at: ['from'], dataset: from, annotation: 'human labels' }],
  metrics: [...metricsIn('share', ['accuracy']), ...metricsIn('count', ['labelled'])],
})
