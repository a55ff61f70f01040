/** Metrics of evaluations that give each image a class. */
import { metricsIn } from '../definition.ts'

/** Top-5 is there from six classes on. */
export const accuracyMetrics = [
  ...metricsIn('percent', ['top1']),
  ...metricsIn('percent', ['top5'], 'from six classes'),
  ...metricsIn('percent', ['mean_class_recall', 'chance_top1']),
  ...metricsIn('times chance', ['top1_times_chance']),
]
