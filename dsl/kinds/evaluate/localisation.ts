/** Evaluation `localisation`: zero-shot localisation against masks. */
import { estimateMapping, evaluationBatch } from '../../cost/estimates.ts'
import type { DatasetRef, ModelRef, Name } from '../../recipe/scalars.ts'
import type { TieRule } from '../../recipe/ties.ts'
import type { Query, Sao } from '../../recipe/training.ts'
import { metricsIn } from '../definition.ts'
import type { FilledLocalisationEvaluation } from '../filled.ts'
import { defineEvaluation } from './define.ts'
import { queryTexts } from './queries.ts'
import { checkWindow } from './window.ts'

/**
 * Zero-shot localisation against masks: IoU of each class, mean IoU, pointing-game accuracy.
 * @source Barzilai et al., arXiv 2503.08722: localisation with SAO
 */
export interface LocalisationEvaluation {
  kind: 'localisation'
  /** The trained model that is measured. */
  model: ModelRef
  /**
   * Weights of the model: the average that `ema` of its training made, or those of its last step. Without `ema` both
   * are the same. Absent: the average.
   */
  weights?: 'average' | 'last'
  /** Images, captions and masks to measure on: a test split. @examples ["places.test"] */
  data: DatasetRef
  /** Concepts, each with the mask of the same name. */
  queries: Record<Name, Query>
  /** Method of heatmaps: `attention` scores single patches, `sao` smooths. @default "sao" */
  map?: 'attention' | 'sao'
  /** Smoothing of score maps. @default {} */
  sao?: Sao
  /** Counting of patches, in the pointing game, that score equally. @default "expected" */
  ties?: TieRule
}

/** It compares maps with the masks of the dataset that have the names of the concepts. */
export const localisation = defineEvaluation({
  kind: 'localisation',
  version: 3,
  spec: ({ kind: _, model: __, data: ___, ...rest }: FilledLocalisationEvaluation, { model, data, trainingPart }) => ({
    params: rest,
    // The training split, for the mean-mask baseline.
    inputs: { model, data, reference: trainingPart },
  }),
  estimate: (cost, { queries, map, sao }) =>
    estimateMapping(cost, { batch: evaluationBatch, queries, ...(map === 'sao' && { sao }) }),
  needs: ['maps'],
  prompts: ({ queries }) => queryTexts(queries),
  check: ({ sao }, model) => checkWindow(sao, model),
  dataNeeds: ({ data, queries }) => Object.keys(queries).map(mask => ({ at: ['queries', mask], dataset: data, mask })),
  metrics: ({ queries }) => [
    ...metricsIn(
      'percent',
      ['iou', 'image_iou', 'pointing', 'ap'].flatMap(measure => [
        `mean_${measure}`,
        ...Object.keys(queries).map(concept => `${measure}_${concept}`),
      ]),
    ),
    ...metricsIn('percent', ['chance_mean_iou']),
    ...metricsIn('percent', ['mean_mask_mean_iou'], 'with a training split'),
    ...metricsIn('points', ['mean_iou_over_mean_mask'], 'with a training split'),
  ],
})
