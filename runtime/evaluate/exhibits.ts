/** Tables of the report: scores beside those of chance and baselines. */
import type { TieRule } from '../../dsl/recipe/ties.ts'
import type { Interval, Intervals } from '../../dsl/values/interval.ts'
import type { ByClassification, ClassificationChance, ClassificationScores } from './classification.ts'
import type { LocalisationMetrics } from './localisation.ts'
import { type ByRecall, type Recalls, recallNames } from './retrieval.ts'
import type { ByTieRule } from './ties.ts'

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
  readonly byRule: ByTieRule<Recalls>
  /** The rule by which they are counted. */
  readonly ties: TieRule
  readonly chance: Recalls
  /** Recalls that equal captions leave possible. */
  readonly ceiling: Recalls
  readonly intervals: Intervals
  readonly images: number
  /** Independent units. */
  readonly units: number
  readonly texts: number
}

/** Recalls with their intervals, the range that ties leave, chance, the most that is possible, and the ratio to chance. */
export function recallTable(input: RecallTableInput): TableExhibit {
  const { byRule, ties, chance, ceiling, intervals, images, texts, units } = input
  const recalls = byRule[ties]
  const ranges = tieRanges(byRule, recallNames)
  const isBounded = recallNames.some(name => ceiling[name] < 99.995)
  return {
    kind: 'table',
    title: 'Recall in percent',
    note: [
      `${images} images and ${texts} captions. ${tieNote(ties)}`,
      intervalNote(units),
      isBounded && 'Possible: the most that any model reaches, as captions of different images are equal.',
    ]
      .filter(Boolean)
      .join(' '),
    columns: [
      'Measure',
      'Recall',
      '95 % interval',
      ...(ranges ? [rangeTitle] : []),
      'Chance',
      ...(isBounded ? ['Possible'] : []),
      'Times chance',
    ],
    rows: recallNames.map(name => [
      recallTitles[name],
      recalls[name],
      intervalText(intervals[name]),
      ...(ranges ? [ranges.get(name) ?? ''] : []),
      chance[name],
      ...(isBounded ? [ceiling[name]] : []),
      formatRatio(recalls[name], chance[name]),
    ]),
  }
}

const tieNote = (ties: TieRule): string =>
  ties === 'expected'
    ? 'Ties count by the mean over their orders.'
    : `Ties count ${ties === 'for' ? 'for' : 'against'} the model.`

const rangeTitle = 'Ties against and for'

/** Measures against and for the model, by name; undefined where ties move none by more than 0.1 points. */
function tieRanges<Name extends string>(
  byRule: ByTieRule<{ readonly [name in Name]?: number }>,
  names: readonly Name[],
): ReadonlyMap<Name, string> | undefined {
  const ranges = names.map(name => ({ name, low: byRule.against[name] ?? 0, high: byRule.for[name] ?? 0 }))
  if (!ranges.some(({ low, high }) => high - low > 0.1 + 1e-9)) return undefined
  return new Map(ranges.map(({ name, ...range }) => [name, formatInterval(range)]))
}

const classificationTitles = { top1: 'Top-1', top5: 'Top-5', mean_class_recall: 'Mean per-class recall' } as const

/** Values of a table of classification measures. */
export interface AccuracyTableInput {
  readonly byRule: ByTieRule<ByClassification<number>>
  /** The rule by which they are counted. */
  readonly ties: TieRule
  readonly chance: ClassificationChance
  readonly intervals: Intervals
  readonly images: number
  /** Independent units. */
  readonly units: number
  readonly classes: number
}

/** Accuracies with their intervals, a random guess, and a constant guess of the most frequent class. */
export function accuracyTable(input: AccuracyTableInput): TableExhibit {
  const { byRule, ties, chance, intervals, images, classes, units } = input
  const metrics = byRule[ties]
  const names = (['top1', 'top5', 'mean_class_recall'] as const).filter(name => metrics[name] !== undefined)
  const ranges = tieRanges(byRule, names)
  return {
    kind: 'table',
    title: 'Accuracy in percent',
    note: `${images} images of ${classes} classes. ${tieNote(ties)} ${intervalNote(units)}`,
    columns: [
      'Measure',
      'Accuracy',
      '95 % interval',
      ...(ranges ? [rangeTitle] : []),
      'Random guess',
      'Most frequent class',
      'Times random',
    ],
    rows: names.map(name => {
      const value = metrics[name] ?? 0
      const random = chance.random[name] ?? 0
      return [
        classificationTitles[name],
        value,
        intervalText(intervals[name]),
        ...(ranges ? [ranges.get(name) ?? ''] : []),
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
    rows: confusion.map((row, label) => [perClass[label]?.name ?? '', ...row.map(rounded)]),
  }
}

/** Parts of images, where highest classes tie, with two decimals. */
const rounded = (count: number): number => Number(count.toFixed(2))

/** A method of making maps, and its metrics. */
export interface NamedMetrics {
  readonly name: string
  readonly metrics: LocalisationMetrics
}

/** Values of a table of localisation, of the model. */
export interface LocalisationTableInput {
  readonly byRule: ByTieRule<LocalisationMetrics>
  readonly intervals: Intervals
  /** Independent units. */
  readonly units: number
}

/** Localisation measures of the model with intervals, of chance and of baselines, one column each, and the range of ties. */
export function localisationTable(
  columns: readonly NamedMetrics[],
  { byRule, intervals, units }: LocalisationTableInput,
): TableExhibit {
  const measures = Object.keys(columns[0]?.metrics ?? {})
  const ranges = tieRanges(byRule, measures)
  return {
    kind: 'table',
    title: 'Localisation in percent',
    note: `A pixel belongs to a concept where its score is above 0. IoU pools all pixels; image IoU is the mean over images that show the concept; ap is the average precision of pixels; the pointing game leaves out empty and full masks. ${intervalNote(units)}`,
    columns: [
      'Measure',
      ...columns.slice(0, 1).map(({ name }) => name),
      '95 % interval',
      ...columns.slice(1).map(({ name }) => name),
      ...(ranges ? [rangeTitle] : []),
    ],
    rows: measures.map(measure => [
      measure,
      ...columns.slice(0, 1).map(({ metrics }) => metrics[measure] ?? ''),
      intervalText(intervals[measure]),
      ...columns.slice(1).map(({ metrics }) => metrics[measure] ?? ''),
      ...(ranges ? [ranges.get(measure) ?? ''] : []),
    ]),
  }
}

/** An interval in a table; empty where there is none. */
export const intervalText = (interval: Interval | undefined): string =>
  interval === undefined ? '' : formatInterval(interval)

/** The sentence that says of what intervals are. */
export const intervalNote = (units: number): string =>
  `Intervals are at 95 %, by the bootstrap over ${units.toLocaleString('en')} independent units.`

const formatInterval = ({ low, high }: Interval): string => `${low.toFixed(2)}\u2013${high.toFixed(2)}`

const formatRatio = (value: number, chance: number): string =>
  chance === 0 ? '' : `${(value / chance).toFixed(value < 10 * chance ? 1 : 0)}×`
