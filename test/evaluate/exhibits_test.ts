import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { classification, classificationChance } from '../../runtime/evaluate/classification.ts'
import {
  accuracyTable,
  classTable,
  confusionTable,
  localisationTable,
  recallTable,
} from '../../runtime/evaluate/exhibits.ts'
import { classificationIntervals, retrievalIntervals } from '../../runtime/evaluate/intervals.ts'
import { retrieval, retrievalChance } from '../../runtime/evaluate/retrieval.ts'

const axes = Float32Array.of(1, 0, 0, 1)

test('recalls stand beside interval, chance and the multiple of chance', async () => {
  const owner = Int32Array.of(0, 1)
  const scores = await retrieval({ images: axes, texts: axes, owner, dim: 2 }, { threads: 1 })
  const intervals = retrievalIntervals(scores, owner, { seed: 1 })
  const table = recallTable({ ...scores, intervals, chance: retrievalChance(2, [1, 1]), images: 2, texts: 2 })
  assert.equal(table.rows[0], ['Image to text, R@1', 100, '100.00\u2013100.00', 50, '2.0×'])
  assert.is(table.rows.length, 7)
})

test('classes are sorted by recall; the matrix keeps their order', async () => {
  const labels = Int32Array.of(0, 1)
  const images = Float32Array.of(0, 1, 0, 1)
  const scores = await classification(
    { images, classes: axes, labels, names: ['lake', 'city'], dim: 2 },
    { threads: 1 },
  )
  assert.equal(classTable(scores).rows, [
    ['city', 1, 100, 50],
    ['lake', 1, 0, ''],
  ])
  assert.equal(confusionTable(scores).rows, [
    ['lake', 0, 1],
    ['city', 0, 1],
  ])
  const intervals = classificationIntervals(scores, { seed: 1 })
  const chance = classificationChance(labels, 2)
  const table = accuracyTable({ metrics: scores.metrics, intervals, chance, images: 2, classes: 2 })
  assert.equal(
    table.rows.map(([name, value, , random, majority, times]) => [name, value, random, majority, times]),
    [
      ['Top-1', 50, 50, 50, '1.0×'],
      ['Mean per-class recall', 50, 50, 50, '1.0×'],
    ],
  )
})

test('a measure that a baseline does not have is left empty', () => {
  const table = localisationTable([
    { name: 'Model', metrics: { iou_water: 50, image_iou_water: 40 } },
    { name: 'Chance', metrics: { iou_water: 20 } },
  ])
  assert.equal(table.rows, [
    ['iou_water', 50, 20],
    ['image_iou_water', 40, ''],
  ])
})

test.run()
