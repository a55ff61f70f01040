/** Evaluation `captioning`: captions that the model writes. */
import { estimateEmbedding } from '../../cost/estimates.ts'
import type { DatasetRef, ModelRef } from '../../recipe/scalars.ts'
import { metricsIn } from '../definition.ts'
import type { FilledCaptioningEvaluation } from '../filled.ts'
import { defineEvaluation } from './define.ts'

/** Captions written by the model, compared with those of the data: ROUGE-L. */
export interface CaptioningEvaluation {
  kind: 'captioning'
  /** The trained model that is measured. */
  model: ModelRef
  /**
   * Weights of the model: the average that `ema` of its training made, or those of its last step. Without `ema` both
   * are the same. Absent: the average.
   */
  weights?: 'average' | 'last'
  /** Captioned images to measure on: a test split. @examples ["places.test"] */
  data: DatasetRef
  /** The choice of each next token. @default { "kind": "greedy" } */
  decoding?: Decoding
}

/** The choice of next tokens. @discriminator kind */
export type Decoding = GreedyDecoding | NucleusDecoding

/** The likeliest token. */
export interface GreedyDecoding {
  kind: 'greedy'
}

/**
 * A token drawn from the likeliest that together have a probability of `top_p`, by the recipe's seed.
 * @source Holtzman et al., arXiv 1904.09751
 */
export interface NucleusDecoding {
  kind: 'nucleus'
  /** Probability of the nucleus. @default 0.9 @exclusiveMinimum 0 @maximum 1 */
  top_p?: number
  /** Divides logits: below 1 likely tokens become likelier. @default 1 @exclusiveMinimum 0 */
  temperature?: number
}

/** The model writes a caption for every captioned image of a split. */
export const captioning = defineEvaluation({
  kind: 'captioning',
  version: 2,
  spec({ kind: _, model: __, data: ___, ...rest }: FilledCaptioningEvaluation, { model, data, seed }) {
    // A seed is part of the key only where tokens are drawn.
    const drawn: { readonly seed?: number } = rest.decoding.kind === 'nucleus' ? { seed } : {}
    return { params: { ...rest, ...drawn }, inputs: { model, data } }
  },
  estimate: cost => estimateEmbedding(cost),
  needs: ['captions'],
  dataNeeds: ({ data }) => [{ at: ['data'], dataset: data, annotation: 'captions' }],
  metrics: () => [
    ...metricsIn('percent', ['rouge_l', 'shuffled_rouge_l']),
    ...metricsIn('words', ['words']),
    ...metricsIn('share', ['distinct_share']),
  ],
})
