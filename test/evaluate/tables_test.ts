import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  accuracyTable,
  classTable,
  confusionTable,
  localisationTable,
  recallTable,
} from '../../runtime/evaluate/exhibits.ts'
import { byRecall } from '../../runtime/evaluate/retrieval.ts'
import { byTieRule } from '../../runtime/evaluate/ties.ts'

const interval = { low: 12.344, high: 56.006 }

test('a table of recalls has a row for each, with multiples of chance to one decimal below ten', () => {
  const table = recallTable({
    byRule: byTieRule(() => byRecall([10, 20, 30, 40, 50, 60, 35], 0)),
    ties: 'expected',
    ceiling: byRecall([], 100),
    chance: byRecall([1, 2.01, 40, 0, 16, 50, 3.4], 0),
    intervals: byRecall([], interval),
    images: 12,
    texts: 34,
    units: 5,
  })
  assert.equal(table.columns, ['Measure', 'Recall', '95 % interval', 'Chance', 'Times chance'])
  assert.match(table.note, /^12 images and 34 captions\..* over 5 independent units\.$/)
  assert.equal(table.rows, [
    ['Image to text, R@1', 10, '12.34–56.01', 1, '10×'],
    ['Image to text, R@5', 20, '12.34–56.01', 2.01, '10.0×'],
    ['Image to text, R@10', 30, '12.34–56.01', 40, '0.8×'],
    ['Text to image, R@1', 40, '12.34–56.01', 0, ''],
    ['Text to image, R@5', 50, '12.34–56.01', 16, '3.1×'],
    ['Text to image, R@10', 60, '12.34–56.01', 50, '1.2×'],
    ['Mean recall', 35, '12.34–56.01', 3.4, '10×'],
  ])
})

test('a table of accuracies leaves out what was not measured', () => {
  const metrics = { top1: 50, mean_class_recall: 40 }
  const chance = {
    random: { top1: 5, mean_class_recall: 20, top5: 30 },
    majority: { top1: 25, mean_class_recall: 20, top5: 60 },
  }
  const of = (changes: object) =>
    accuracyTable({
      byRule: byTieRule(() => metrics),
      ties: 'against',
      chance,
      intervals: { top1: interval, mean_class_recall: interval },
      images: 9,
      units: 3,
      classes: 4,
      ...changes,
    })
  const table = of({})
  assert.equal(table.columns, [
    'Measure',
    'Accuracy',
    '95 % interval',
    'Random guess',
    'Most frequent class',
    'Times random',
  ])
  assert.match(table.note, /^9 images of 4 classes\./)
  assert.equal(table.rows, [
    ['Top-1', 50, '12.34–56.01', 5, 25, '10×'],
    ['Mean per-class recall', 40, '12.34–56.01', 20, 20, '2.0×'],
  ])
  assert.equal(of({ byRule: byTieRule(() => ({ ...metrics, top5: 60 })) }).rows[1], ['Top-5', 60, '', 30, 60, '2.0×'])
})

test('the range of ties is there where it is wider than 0.1 points, and the ceiling where it is below 100', () => {
  const of = (range: number, ceiling: number) =>
    recallTable({
      byRule: { expected: byRecall([], 10), against: byRecall([9], 10), for: byRecall([9 + range], 10) },
      ties: 'against',
      chance: byRecall([], 1),
      ceiling: byRecall([ceiling], 100),
      intervals: byRecall([], interval),
      images: 1,
      texts: 1,
      units: 1,
    })
  assert.is(of(0.1, 100).columns.length, 5)
  const { columns, rows, note } = of(0.11, 26.19)
  assert.equal(columns, [
    'Measure',
    'Recall',
    '95 % interval',
    'Ties against and for',
    'Chance',
    'Possible',
    'Times chance',
  ])
  assert.equal(rows[0], ['Image to text, R@1', 9, '12.34–56.01', '9.00–9.11', 1, 26.19, '9.0×'])
  assert.equal(rows[1], ['Image to text, R@5', 10, '12.34–56.01', '10.00–10.00', 1, 100, '10×'])
  assert.match(note, /Ties count against the model\./)
  assert.match(note, /captions of different images are equal/)
})

const perClass = [
  { name: 'a', images: 3, recall: 50, precision: 20 },
  { name: 'b', images: 0, precision: 0 },
  { name: 'c', images: 2, recall: 0 },
  { name: 'd', images: 1, recall: 75, precision: 90 },
]

test('classes are listed by recall, those without images last', () => {
  const table = classTable({ perClass })
  assert.equal(table.columns, ['Class', 'Images', 'Recall', 'Precision'])
  assert.equal(table.rows, [
    ['d', 1, 75, 90],
    ['a', 3, 50, 20],
    ['c', 2, 0, ''],
    ['b', 0, '', 0],
  ])
})

test('a confusion matrix has a row and a column for each class', () => {
  const table = confusionTable({
    perClass: perClass.slice(0, 2),
    confusion: [
      [1, 2],
      [0, 3],
    ],
  })
  assert.equal(
    [table.columns, table.rows],
    [
      ['True class', 'a', 'b'],
      [
        ['a', 1, 2],
        ['b', 0, 3],
      ],
    ],
  )
})

test('a table of localisation has a column for each method, in the measures of the first', () => {
  const table = localisationTable(
    [
      { name: 'Model', metrics: { iou: 0, ap: 2 } },
      { name: 'Chance', metrics: { ap: 1, other: 3 } },
    ],
    { byRule: byTieRule(() => ({ iou: 0, ap: 2 })), intervals: { ap: interval }, units: 7 },
  )
  assert.equal(
    [table.columns, table.rows],
    [
      ['Measure', 'Model', '95 % interval', 'Chance'],
      [
        ['iou', 0, '', ''],
        ['ap', 2, '12.34–56.01', 1],
      ],
    ],
  )
  assert.equal(localisationTable([], { byRule: byTieRule(() => ({})), intervals: {}, units: 0 }).rows, [])
  const metrics = { top1: 1, mean_class_recall: 2 }
  const chance = { random: metrics, majority: metrics }
  const intervals = { top1: interval, mean_class_recall: interval }
  const values = byRecall([], 1)
  const tables = [
    table,
    classTable({ perClass }),
    confusionTable({ perClass, confusion: [] }),
    accuracyTable({
      byRule: byTieRule(() => metrics),
      ties: 'for',
      chance,
      intervals,
      images: 1,
      units: 1,
      classes: 2,
    }),
    recallTable({
      byRule: byTieRule(() => values),
      ties: 'for',
      chance: values,
      ceiling: values,
      intervals: byRecall([], interval),
      images: 1,
      texts: 1,
      units: 1,
    }),
  ]
  assert.equal(
    tables.map(({ kind, title }) => [kind, title]),
    [
      ['table', 'Localisation in percent'],
      ['table', 'Classes'],
      ['table', 'Confusion matrix'],
      ['table', 'Accuracy in percent'],
      ['table', 'Recall in percent'],
    ],
  )
})

test.run()
