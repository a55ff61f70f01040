/** Filter `rules`: cheap rules on alt text and image. */
import type { DatasetRef } from '../../recipe/scalars.ts'
import type { FilledRulesFilter } from '../filled.ts'
import { defineFilter } from './define.ts'

/** Cheap rules on text and image. */
export interface RulesFilter {
  kind: 'rules'
  /** The dataset to filter. */
  from: DatasetRef
  /** Fewest words of an alt text. @default 2 @minimum 0 @asType integer */
  min_words?: number
  /** Most words of an alt text. @default 60 @minimum 1 @asType integer */
  max_words?: number
  /** Words that drop a sample wherever they stand in its text. @default [] */
  blocked_words?: string[]
  /** Shortest image side. @default 32 @minimum 1 @asType integer @unit pixels */
  min_side?: number
  /** Largest ratio of long to short side. @default 3 @minimum 1 */
  max_aspect?: number
  /** Smallest standard deviation of grey values (0 to 255): drops blank images. @default 4 @minimum 0 */
  min_contrast?: number
}

/** Rules look at each sample by itself. */
export const rules = defineFilter({
  kind: 'rules',
  version: 2,
  spec: ({ kind: _, from: __, ...rest }: FilledRulesFilter, { data }) => ({ params: rest, inputs: { data } }),
  scores: {
    width: { type: 'integer', unit: 'pixels', about: 'Width of the image.' },
    height: { type: 'integer', unit: 'pixels', about: 'Height of the image.' },
    aspect: { type: 'number', about: 'Ratio of its long to its short side.' },
    contrast: { type: 'number', about: 'Standard deviation of its grey values (0 to 255).' },
    words: { type: 'integer', unit: 'words', about: 'Length of its first caption.' },
    blocked_word: { type: 'text', about: 'The blocked word in its first caption; empty where there is none.' },
    captions_dropped: { type: 'integer', unit: 'captions', about: 'Captions that break a rule.' },
  },
  check: ({ min_words, max_words }) =>
    min_words <= max_words
      ? []
      : [
          {
            code: 'out-of-range',
            at: ['min_words'],
            message: `'min_words' is ${min_words}, more than 'max_words' ${max_words}; nothing would be kept`,
          },
        ],
})
