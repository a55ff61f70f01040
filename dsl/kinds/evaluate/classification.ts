/** Evaluation `classification`: zero-shot classification with prompt templates. */
import { estimateTexts } from '../../cost/estimates.ts'
import type { DatasetRef, ModelRef } from '../../recipe/scalars.ts'
import { type TemplateSet, templatesOf } from '../../recipe/templates.ts'
import type { TieRule } from '../../recipe/ties.ts'
import type { FilledClassificationEvaluation } from '../filled.ts'
import { defineEvaluation } from './define.ts'
import { imagesOf } from './embeddings.ts'
import { accuracyMetrics } from './metrics.ts'

/**
 * Zero-shot classification with prompt templates: top-1, top-5, mean per-class recall.
 * @source Barzilai et al., arXiv 2503.08722: zero-shot classification
 */
export interface ClassificationEvaluation {
  kind: 'classification'
  /** The trained model that is measured. */
  model: ModelRef
  /**
   * Weights of the model: the average that `ema` of its training made, or those of its last step. Without `ema` both
   * are the same. Absent: the average.
   */
  weights?: 'average' | 'last'
  /** Images, captions and masks to measure on: a test split. @examples ["places.test"] */
  data: DatasetRef
  /**
   * Prompt templates, one's own or a published set by its name; `{}` stands for the class name.
   * @examples [["a satellite image of a {}"], "remote-sensing"]
   */
  templates: TemplateSet | TemplateList
  /**
   * Names of classes in prompts: `labels` as they are labelled, `words` with the words of `AnnualCrop` or
   * `dense_residential` in lower case and apart, or names by label, which may be written as the files have it; labels that
   * are not listed stay as they are.
   * @default "labels" @examples [{ "AnnualCrop": "annual crop land", "SeaLake": "lake or sea" }]
   */
  class_names?: ClassNaming | Record<string, string>
  /** Classes with fewer images are left out, and listed. @default 1 @minimum 1 @asType integer @unit images */
  min_images?: number
  /** Counting of classes that score equally. @default "expected" */
  ties?: TieRule
}

/** A rule that makes words of labels. */
export type ClassNaming = 'labels' | 'words'

/** Prompt templates of one's own. @minItems 1 */
export type TemplateList = string[]

/** It reads labels and images of one split. */
export const classification = defineEvaluation({
  kind: 'classification',
  version: 4,
  embeds: ({ weights }: FilledClassificationEvaluation, { model, data, cost }) => ({
    images: imagesOf({ model, data, weights, cost }),
  }),
  spec: ({ kind: _, model: __, data: ___, ...rest }: FilledClassificationEvaluation, { model, data }, { images }) => ({
    params: {
      ...rest,
      // The texts themselves go into the key: a set that is mended is another one.
      templates: templatesOf(rest.templates),
      template_set: typeof rest.templates === 'string' ? rest.templates : null,
    },
    // The model reads the prompts.
    inputs: { model, data, images },
  }),
  estimate: cost => estimateTexts(cost),
  // Published sets are right as they are.
  check: ({ templates }) =>
    (typeof templates === 'string' ? [] : templates).flatMap((template, index) =>
      template.includes('{}')
        ? []
        : [
            {
              code: 'bad-template',
              at: ['templates', index],
              message: `'${template}' has no place for the class name`,
              fix: { hint: "put '{}' where the name goes" },
            } as const,
          ],
    ),
  prompts: ({ templates }) =>
    typeof templates === 'string'
      ? longest(templatesOf(templates)).map(text => ({ at: ['templates'], text, set: templates }))
      : templates.map((text, index) => ({ at: ['templates', index], text })),
  dataNeeds: ({ data }) => [{ at: ['data'], dataset: data, annotation: 'labels' }],
  metrics: () => accuracyMetrics,
})

const longest = (texts: readonly string[]): readonly string[] =>
  texts.toSorted((a, b) => b.split(' ').length - a.split(' ').length).slice(0, 1)
