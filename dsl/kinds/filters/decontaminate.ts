/** Filter `decontaminate`: drops images of evaluation sets. */
import type { DatasetRef } from '../../recipe/scalars.ts'
import type { FilledDecontaminateFilter } from '../filled.ts'
import { defineFilter } from './define.ts'

/**
 * Drops images that are perceptually equal to any image of the evaluation sets.
 * @source Barzilai et al., arXiv 2503.08722: decontamination against the evaluation sets
 */
export interface DecontaminateFilter {
  kind: 'decontaminate'
  /** The dataset to filter. */
  from: DatasetRef
  /** Evaluation sets. @minItems 1 @examples [["places.test"]] */
  against: DatasetRef[]
  /** Largest Hamming distance of 64-bit perceptual hashes that counts as equal. @default 6 @minimum 0 @maximum 32 @asType integer @unit bits */
  distance?: number
}

/** Every image is compared with all images of the evaluation sets. */
export const decontaminate = defineFilter({
  kind: 'decontaminate',
  version: 2,
  spec: ({ distance, against }: FilledDecontaminateFilter, { data, dataset }) => ({
    params: { distance },
    inputs: { data, against: against.map(dataset) },
  }),
  scores: {
    distance: { type: 'integer', unit: 'bits', about: 'Hamming distance from the twin; empty where it has none.' },
    against: { type: 'input', about: 'The evaluation set of the twin.' },
    twin: { type: 'text', about: 'The key of the evaluation image that it repeats.' },
  },
  references: ({ against }) => against.map((text, index) => ({ at: ['against', index], text })),
  decontaminates: { field: 'against', datasets: ({ against }) => against },
})
