import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  classEmbeddings,
  classification,
  classificationChance,
  scoreAnswers,
} from '../../runtime/evaluate/classification.ts'

const threads = { threads: 1 }
const names = ['lake', 'desert', 'city']
const axes = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1)
const images = Float32Array.of(9, 1, 0, 3, 4, 0, 0, 2, 0, 5, 0, 5)
const labels = Int32Array.of(0, 0, 1, 2)

test('the nearest class is given, and an image whose highest classes tie counts in parts', async () => {
  const answers = await classification({ images, classes: axes, labels, names, dim: 3 }, threads)
  assert.equal(
    [[...answers.ranks.above], [...answers.ranks.tied]],
    [
      [0, 1, 0, 0],
      [0, 0, 0, 1],
    ],
  )
  assert.equal([...answers.predictions], [0, 1, 1, 0])
  assert.equal([...answers.draws], [[3, [0, 2]]])
  const expected = scoreAnswers(answers, { names, ties: 'expected' })
  assert.equal(expected.metrics, { top1: 62.5, mean_class_recall: 66.67 })
  assert.equal(expected.confusion, [
    [1, 1, 0],
    [0, 1, 0],
    [0.5, 0, 0.5],
  ])
  assert.equal(expected.perClass[2], { name: 'city', images: 1, recall: 50, precision: 100 })
  assert.equal(scoreAnswers(answers, { names, ties: 'for' }).confusion[2], [0, 0, 1])
  const scores = scoreAnswers(answers, { names, ties: 'against' })
  assert.equal(scores.metrics, { top1: 50, mean_class_recall: 50 })
  assert.equal(scores.confusion, [
    [1, 1, 0],
    [0, 1, 0],
    [1, 0, 0],
  ])
  assert.equal(scores.perClass, [
    { name: 'lake', images: 2, recall: 50, precision: 50 },
    { name: 'desert', images: 1, recall: 100, precision: 50 },
    { name: 'city', images: 1, recall: 0 },
  ])
})

test('top-5 appears from six classes on; a class without images enters no mean', async () => {
  const six = ['a', 'b', 'c', 'd', 'e', 'f']
  const classes = Float32Array.from({ length: 36 }, (_, index) => (index % 7 === 0 ? 1 : 0))
  const one = Float32Array.of(6, 5, 4, 3, 2, 1)
  const both = Float32Array.of(...one, ...one)
  const answers = await classification(
    { images: both, classes, labels: Int32Array.of(4, 5), names: six, dim: 6 },
    threads,
  )
  const { metrics } = scoreAnswers(answers, { names: six, ties: 'expected' })
  assert.equal(metrics, { top1: 0, top5: 50, mean_class_recall: 0 })
})

test('templates weigh the same whatever their length', () => {
  const mean = classEmbeddings(Float32Array.of(10, 0, 0, 1, 0, 3, 0, 5), { templates: 2, dim: 2 })
  const half = Math.fround(Math.SQRT1_2)
  assert.equal([...mean], [half, half, 0, 1])
  assert.throws(() => classEmbeddings(new Float32Array(5), { templates: 2, dim: 2 }), /no whole classes/)
})

test('chance knows the random order and the most frequent class', () => {
  const { random, majority } = classificationChance(labels, 3)
  assert.is(random.top1.toFixed(6), (100 / 3).toFixed(6))
  assert.is(random.top5, undefined)
  assert.is(majority.top1, 50)
  assert.is(majority.mean_class_recall.toFixed(6), (100 / 3).toFixed(6))
})

test('faults are named', async () => {
  const input = { images, classes: axes, labels, names, dim: 3 }
  const fault = (faulty: object) =>
    classification({ ...input, ...faulty }, threads).then(
      () => 'none',
      (error: Error) => error.message,
    )
  assert.match(await fault({ labels: Int32Array.of(0) }), /one label for each image/)
  assert.match(await fault({ labels: Int32Array.of(0, 0, 3, 2) }), /Image 2 has label 3 of 3/)
  assert.match(await fault({ names: ['lake'] }), /one name for each class/)
})

test.run()
