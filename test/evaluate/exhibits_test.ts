import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { classification, classificationChance, scoreAnswers } from '../../runtime/evaluate/classification.ts'
import {
  accuracyTable,
  classTable,
  confusionTable,
  localisationTable,
  recallTable,
} from '../../runtime/evaluate/exhibits.ts'
import { recallsOf, retrieval } from '../../runtime/evaluate/retrieval.ts'
import { retrievalCeiling, retrievalChance } from '../../runtime/evaluate/retrieval_bounds.ts'
import { byTieRule } from '../../runtime/evaluate/ties.ts'

const axes = Float32Array.of(1, 0, 0, 1)

test('recalls stand beside interval, chance and the multiple of chance', async () => {
  const owner = Int32Array.of(0, 1)
  const ranks = await retrieval({ images: axes, texts: axes, owner, dim: 2 }, { threads: 1 })
  const gallery = { images: 2, texts: ['a', 'b'], owner }
  const table = recallTable({
    byRule: byTieRule(rule => recallsOf(ranks, rule)),
    ties: 'expected',
    intervals: { i2t_r1: { low: 50, high: 100 } },
    chance: retrievalChance(gallery, 'expected'),
    ceiling: retrievalCeiling(gallery, 'expected'),
    images: 2,
    texts: 2,
    units: 2,
  })
  assert.equal(table.rows[0], ['Image to text, R@1', 100, '50.00\u2013100.00', 50, '2.0×'])
  assert.is(table.rows.length, 7)
})

test('classes are sorted by recall; the matrix keeps their order', async () => {
  const labels = Int32Array.of(0, 1)
  const images = Float32Array.of(0, 1, 0, 1)
  const names = ['lake', 'city']
  const answers = await classification({ images, classes: axes, labels, names, dim: 2 }, { threads: 1 })
  const byRule = byTieRule(ties => scoreAnswers(answers, { names, ties }).metrics)
  const scores = scoreAnswers(answers, { names, ties: 'expected' })
  assert.equal(classTable(scores).rows, [
    ['city', 1, 100, 50],
    ['lake', 1, 0, ''],
  ])
  assert.equal(confusionTable(scores).rows, [
    ['lake', 0, 1],
    ['city', 0, 1],
  ])
  const chance = classificationChance(labels, 2)
  const table = accuracyTable({ byRule, ties: 'expected', intervals: {}, chance, images: 2, units: 2, classes: 2 })
  assert.equal(
    table.rows.map(([name, value, , random, majority, times]) => [name, value, random, majority, times]),
    [
      ['Top-1', 50, 50, 50, '1.0×'],
      ['Mean per-class recall', 50, 50, 50, '1.0×'],
    ],
  )
})

test('a measure that a baseline does not have is left empty', () => {
  const metrics = { iou_water: 50, image_iou_water: 40 }
  const columns = [
    { name: 'Model', metrics },
    { name: 'Chance', metrics: { iou_water: 20 } },
  ]
  const table = localisationTable(columns, { byRule: byTieRule(() => metrics), intervals: {}, units: 1 })
  assert.equal(table.rows, [
    ['iou_water', 50, '', 20],
    ['image_iou_water', 40, '', ''],
  ])
})

test.run()
