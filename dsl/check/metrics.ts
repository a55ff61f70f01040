/** The metrics that each kind of entry measures. */
import type { Entry } from './filled.ts'

type Measuring = Entry<'evaluate'> | Entry<'filters'>

const retrieval = ['i2t_r1', 'i2t_r5', 'i2t_r10', 't2i_r1', 't2i_r5', 't2i_r10', 'mean_recall']
const overChance = ['chance_mean_recall', 'i2t_r1_times_chance', 't2i_r1_times_chance', 'mean_recall_times_chance']
const maps = ['iou', 'image_iou', 'pointing', 'ap']
const filters = ['kept', 'dropped', 'precision', 'recall', 'f1']

/** The names of an entry's metrics. */
export function metricNames(entry: Measuring): readonly string[] {
  switch (entry.kind) {
    case 'retrieval':
      return [...retrieval, ...overChance]
    case 'classification':
      return ['top1', 'top5', 'mean_class_recall', 'chance_top1', 'top1_times_chance']
    case 'localisation': {
      const concepts = Object.keys(entry.queries)
      const measured = maps.flatMap(measure => [`mean_${measure}`, ...concepts.map(concept => `${measure}_${concept}`)])
      return [...measured, 'chance_mean_iou', 'mean_mask_mean_iou', 'mean_iou_over_mean_mask']
    }
    case 'classifier':
      return [...filters, 'accuracy', 'labelled']
    case 'rules':
    case 'dedup':
    case 'decontaminate':
      return filters
  }
}

/** Whether an entry measures a metric of this name. */
export const isMetric = (entry: Measuring, metric: string): boolean => metricNames(entry).includes(metric)
