/** Tables of the report: scores beside those of chance and baselines. */
import type { Interval } from './bootstrap.ts'
import type { ByClassification, ClassificationChance, ClassificationScores } from './classification.ts'
import type { ByRecall, Recalls } from './retrieval.ts'

/** A table exhibit. */
export interface TableExhibit {
  readonly kind: 'table'
  readonly title: string
  readonly note: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
}

const recallTitles: ByRecall<string> = {
  i2t_r1: 'Image to text, R@1',
  i2t_r5: 'Image to text, R@5',
  i2t_r10: 'Image to text, R@10',
  t2i_r1: 'Text to image, R@1',
  t2i_r5: 'Text to image, R@5',
  t2i_r10: 'Text to image, R@10',
  mean_recall: 'Mean recall',
}

/** Values of a table of recalls. */
export interface RecallTableInput {
  readonly recalls: Recalls
  readonly chance: Recalls
  readonly intervals: ByRecall<Interval>
  readonly images: number
  readonly texts: number
}

/** Recalls with their intervals, chance, and their ratio to chance. */
export function recallTable({ recalls, chance, intervals, images, texts }: RecallTableInput): TableExhibit {
  const names = ['i2t_r1', 'i2t_r5', 'i2t_r10', 't2i_r1', 't2i_r5', 't2i_r10', 'mean_recall'] as const
  return {
    kind: 'table',
    title: 'Recall in percent',
    note: `${images} images and ${texts} captions. Ties count against the model; intervals hold 95 % of bootstrap resamples over images.`,
    columns: ['Measure', 'Recall', '95 % interval', 'Chance', 'Times chance'],
    rows: names.map(name => [
      recallTitles[name],
      recalls[name],
      formatInterval(intervals[name]),
      chance[name],
      formatRatio(recalls[name], chance[name]),
    ]),
  }
}

const classificationTitles = { top1: 'Top-1', top5: 'Top-5', mean_class_recall: 'Mean per-class recall' } as const

/** Values of a table of classification measures. */
export interface AccuracyTableInput {
  readonly metrics: ByClassification<number>
  readonly chance: ClassificationChance
  readonly intervals: ByClassification<Interval>
  readonly images: number
  readonly classes: number
}

/** Accuracies with their intervals, a random guess, and a constant guess of the most frequent class. */
export function accuracyTable(input: AccuracyTableInput): TableExhibit {
  const { metrics, chance, intervals, images, classes } = input
  const names = (['top1', 'top5', 'mean_class_recall'] as const).filter(name => metrics[name] !== undefined)
  return {
    kind: 'table',
    title: 'Accuracy in percent',
    note: `${images} images of ${classes} classes. Ties count against the model; intervals hold 95 % of bootstrap resamples over images.`,
    columns: ['Measure', 'Accuracy', '95 % interval', 'Random guess', 'Most frequent class', 'Times random'],
    rows: names.map(name => {
      const value = metrics[name] ?? 0
      const random = chance.random[name] ?? 0
      const interval = intervals[name]
      return [
        classificationTitles[name],
        value,
        interval === undefined ? '' : formatInterval(interval),
        random,
        chance.majority[name] ?? 0,
        formatRatio(value, random),
      ]
    }),
  }
}

/** Recall and precision of each class, best first. */
export function classTable({ perClass }: Pick<ClassificationScores, 'perClass'>): TableExhibit {
  return {
    kind: 'table',
    title: 'Classes',
    note: 'Recall: share of a class that is recognised. Precision: share of what is given to a class that belongs to it.',
    columns: ['Class', 'Images', 'Recall', 'Precision'],
    rows: perClass
      .toSorted((a, b) => (b.recall ?? -1) - (a.recall ?? -1))
      .map(({ name, images, recall, precision }) => [name, images, recall ?? '', precision ?? '']),
  }
}

/** Images by true class (row) and assigned class (column). */
export function confusionTable({
  perClass,
  confusion,
}: Pick<ClassificationScores, 'perClass' | 'confusion'>): TableExhibit {
  return {
    kind: 'table',
    title: 'Confusion matrix',
    note: 'Images by true class (row) and given class (column); the diagonal is right.',
    columns: ['True class', ...perClass.map(({ name }) => name)],
    rows: confusion.map((row, label) => [perClass[label]?.name ?? '', ...row]),
  }
}

/** A method of making maps, and its metrics. */
export interface NamedMetrics {
  readonly name: string
  readonly metrics: { readonly [name: string]: number }
}

/** Localisation measures of the model, of chance and of baselines, one column each. */
export function localisationTable(columns: readonly NamedMetrics[]): TableExhibit {
  const measures = Object.keys(columns[0]?.metrics ?? {})
  return {
    kind: 'table',
    title: 'Localisation in percent',
    note: 'A pixel belongs to a concept where its score is above 0. IoU pools all pixels; image IoU is the mean over images that show the concept; ap is the average precision of pixels; the pointing game leaves out empty and full masks.',
    columns: ['Measure', ...columns.map(({ name }) => name)],
    rows: measures.map(measure => [measure, ...columns.map(({ metrics }) => metrics[measure] ?? '')]),
  }
}

const formatInterval = ({ low, high }: Interval): string => `${low.toFixed(2)}\u2013${high.toFixed(2)}`

const formatRatio = (value: number, chance: number): string =>
  chance === 0 ? '' : `${(value / chance).toFixed(value < 10 * chance ? 1 : 0)}×`
