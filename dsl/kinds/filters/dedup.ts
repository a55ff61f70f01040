/** Filter `dedup`: drops repeated images. */
import type { DatasetRef } from '../../recipe/scalars.ts'
import type { FilledDedupFilter } from '../filled.ts'
import { defineFilter } from './define.ts'

/**
 * Drops all but the first of perceptually equal images.
 * @source Barzilai et al., arXiv 2503.08722: deduplication of RS-WebLI
 */
export interface DedupFilter {
  kind: 'dedup'
  /** The dataset to filter. */
  from: DatasetRef
  /** Largest Hamming distance of 64-bit perceptual hashes that counts as equal. @default 4 @minimum 0 @maximum 32 @asType integer @unit bits */
  distance?: number
}

/** Every image is compared with all that come before it. */
export const dedup = defineFilter({
  kind: 'dedup',
  version: 2,
  spec: ({ distance }: FilledDedupFilter, { data }) => ({ params: { distance }, inputs: { data } }),
  scores: {
    distance: { type: 'integer', unit: 'bits', about: 'Hamming distance from the twin; empty where it has none.' },
    twin: { type: 'text', about: 'The key of the kept image that it repeats.' },
  },
})
