/** The metrics that each kind of entry measures. */
import type { Entry } from './filled.ts'

type Measuring = Entry<'evaluate'> | Entry<'filters'>

const retrieval = ['image_to_text', 'text_to_image'].flatMap(way => [1, 5, 10].map(rank => `${way}.r${rank}`))

/** The names of an entry's metrics. */
export function metricNames(entry: Measuring): readonly string[] {
  switch (entry.kind) {
    case 'retrieval':
      return [...retrieval, 'mean_recall', 'chance.mean_recall']
    case 'classification':
      return ['top1', 'top5', 'mean_class_recall', 'chance.top1']
    case 'localisation':
      return [
        'mean_iou',
        'pointing',
        ...Object.keys(entry.queries).flatMap(name => [`iou.${name}`, `pointing.${name}`]),
      ]
    case 'classifier':
      return ['precision', 'recall', 'f1', 'kept', 'dropped']
    case 'rules':
    case 'dedup':
    case 'decontaminate':
      return ['kept', 'dropped']
  }
}

/** Whether an entry measures a metric of this name. */
export const isMetric = (entry: Measuring, metric: string): boolean => metricNames(entry).includes(metric)
