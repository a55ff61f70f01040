/** Metrics of every filter. */
import { metricsIn } from '../definition.ts'

/** Precision, recall and F1 compare the kept samples with human labels. */
export const filterMetrics = [
  ...metricsIn('count', ['kept', 'dropped']),
  ...metricsIn('share', ['precision', 'recall', 'f1'], 'with human labels'),
]
