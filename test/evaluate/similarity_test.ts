import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import {
  byClassification,
  classEmbeddings,
  classification,
  classificationChance,
  classificationShares,
  rankClasses,
  scoreAnswers,
} from '../../runtime/evaluate/classification.ts'
import { byRecall, recallsOf, retrieval } from '../../runtime/evaluate/retrieval.ts'
import { retrievalChance } from '../../runtime/evaluate/retrieval_bounds.ts'
import {
  forEachBlock,
  productError,
  type SimilarityBlock,
  similarity,
  unitRows,
} from '../../runtime/evaluate/similarity.ts'
import { tieRules } from '../../runtime/evaluate/ties.ts'
import { apart } from './oracle.ts'

const near = (actual: number | undefined, expected: number, most = 1e-9): void =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) < most, `${actual}, not ${expected}`)
const faultOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

test('rows are scaled to unit length, and a row of zeros scores 0', () => {
  const { rows, dim, scales } = unitRows(Float32Array.of(3, 4, 0, 0, 0.5, 0), 2)
  assert.equal([rows, dim, [...scales]], [3, 2, [0.2, 0, 2]])
  const a = unitRows(Float32Array.of(3, 4, 0, 0, 0.5, 0), 2)
  const b = unitRows(Float32Array.of(1, 0, 4, -3), 2)
  near(similarity(a, b, { i: 0, j: 0 }), 0.6)
  near(similarity(a, b, { i: 0, j: 1 }), 0)
  near(similarity(a, b, { i: 2, j: 1 }), 0.8)
  assert.is(similarity(a, b, { i: 1, j: 1 }), 0)
  assert.throws(() => unitRows(new Float32Array(5), 2), /5 values make no whole rows of 2 dimensions/)
})

test('an embedding that is not finite is a fault of data, by its row', () => {
  try {
    unitRows(Float32Array.of(1, 2, Number.NaN, 0), 2)
    assert.unreachable()
  } catch (error) {
    assert.is(error instanceof DataFault && error.place.item, 'embedding 1')
    assert.is(error instanceof DataFault && error.message, 'Embedding 1 is not finite; the model has diverged')
  }
})

test('products of float32 are within their bound of similarities in float64', async () => {
  // (dim + 4) half units in the last place below 1, and a thousandth.
  assert.is(productError(1020), 1.001 * 2 ** -14)
  const dim = 64
  const values = (seed: number) => Float32Array.from({ length: 40 * dim }, (_, i) => Math.sin(seed * i * i + i))
  const [a, b] = [unitRows(values(0.7), dim), unitRows(values(0.3), dim)]
  let largest = 0
  await forEachBlock(
    a,
    b,
    ({ scores, width, from, rows, to, columns }) => {
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++) {
          const exact = similarity(a, b, { i: from + i, j: to + j })
          largest = Math.max(largest, Math.abs((scores[i * width + j] ?? 9) - exact))
        }
    },
    { threads: 1, block: { rows: 16, columns: 16 } },
  )
  assert.ok(largest > 0 && largest <= productError(dim), String(largest))
})

/** Blocks of rows against columns, without their scores. */
async function blocksOf(rows: number, columns: number, block?: { rows: number; columns: number }) {
  const [a, b] = [rows, columns].map(count => unitRows(new Float32Array(count).fill(1), 1))
  if (a === undefined || b === undefined) throw new Error('There are no rows')
  const blocks: Omit<SimilarityBlock, 'scores'>[] = []
  const progress: string[] = []
  await forEachBlock(
    a,
    b,
    ({ scores, ...rest }) => {
      for (let i = 0; i < rest.rows; i++)
        for (let j = 0; j < rest.columns; j++) assert.is(scores[i * rest.width + j], 1)
      blocks.push(rest)
    },
    { threads: 1, ...(block && { block }), onBlock: (done, total) => progress.push(`${done}/${total}`) },
  )
  return { blocks, progress }
}

test('blocks cover all rows and columns in order, at one size', async () => {
  const { blocks, progress } = await blocksOf(5, 7, { rows: 3, columns: 4 })
  assert.equal(blocks, [
    { width: 4, from: 0, rows: 3, to: 0, columns: 4 },
    { width: 4, from: 3, rows: 2, to: 0, columns: 4 },
    { width: 4, from: 0, rows: 3, to: 4, columns: 3 },
    { width: 4, from: 3, rows: 2, to: 4, columns: 3 },
  ])
  assert.equal(progress, ['1/4', '2/4', '3/4', '4/4'])
  // Nine rows in blocks of at most four are three blocks of three.
  const even = await blocksOf(9, 2, { rows: 4, columns: 4 })
  assert.equal(
    even.blocks.map(({ from, rows }) => [from, rows]),
    [
      [0, 3],
      [3, 3],
      [6, 3],
    ],
  )
})

test('without another word a block has at most 512 rows and 4096 columns', async () => {
  assert.is((await blocksOf(512, 4096)).blocks.length, 1)
  assert.equal(
    (await blocksOf(513, 1)).blocks.map(({ rows }) => rows),
    [257, 256],
  )
  assert.equal(
    (await blocksOf(1, 4097)).blocks.map(({ columns }) => columns),
    [2049, 2048],
  )
})

test('embeddings of different sizes cannot be compared', async () => {
  const fault = await faultOf(
    forEachBlock(unitRows(new Float32Array(2), 1), unitRows(new Float32Array(2), 2), () => {}, { threads: 1 }),
  )
  assert.match(String(fault), 'Embeddings of 1 and 2 dimensions cannot be compared')
})

test('templates are scaled before they are averaged, and the mean after', () => {
  const [first, second, third, fourth] = classEmbeddings(Float32Array.of(3, 4, 0, 9, 0, 0, 0, -2), {
    templates: 2,
    dim: 2,
  })
  const length = Math.hypot(0.6, 1.8)
  near(first, 0.6 / length, 1e-7)
  near(second, 1.8 / length, 1e-7)
  assert.equal([third, fourth], [0, -1])
  assert.equal([...classEmbeddings(new Float32Array(2), { templates: 1, dim: 2 })], [0, 0])
})

const names = ['a', 'b', 'c', 'd', 'e', 'f']

test('ranks of a classifier tell higher classes from equal ones', () => {
  const row = [5, 4, 4, 3, 2, 1]
  const labels = Int32Array.of(0, 1, 2, 3, 4, 5)
  const scores = Float64Array.from([0, 1, 2, 3, 4, 5].flatMap(() => row))
  const answers = rankClasses(scores, { labels, names })
  assert.equal([...answers.ranks.above], [0, 1, 1, 3, 4, 5])
  assert.equal([...answers.ranks.tied], [0, 1, 1, 0, 0, 0])
  assert.equal([...answers.predictions], [0, 0, 0, 0, 0, 0])
  const { metrics, confusion } = scoreAnswers(answers, { names, ties: 'expected' })
  assert.equal(metrics, { top1: 16.67, mean_class_recall: 16.67, top5: 83.33 })
  assert.equal(confusion[3], [1, 0, 0, 0, 0, 0])
})

test('an image is given to the highest class, or in parts to those that share the highest score', () => {
  const of = (scores: readonly number[], label: number) => {
    const labels = Int32Array.of(label)
    const answers = rankClasses(Float64Array.from(scores), { labels, names: ['a', 'b', 'c'] })
    const given = tieRules.map(ties => scoreAnswers(answers, { names: ['a', 'b', 'c'], ties }).confusion[label])
    return [answers.ranks.above[0], answers.ranks.tied[0], ...given]
  }
  assert.equal(of([1, 1, 0], 0), [0, 1, [0.5, 0.5, 0], [0, 1, 0], [1, 0, 0]])
  assert.equal(of([1, 1, 2], 0), [1, 1, [0, 0, 1], [0, 0, 1], [0, 0, 1]])
  assert.equal(of([2, 1, 2], 1), [2, 0, [0.5, 0, 0.5], [1, 0, 0], [1, 0, 0]])
  assert.equal(of([1, 1, 2], 2), [0, 0, [0, 0, 1], [0, 0, 1], [0, 0, 1]])
  assert.equal(of([0, 1, 0], 1), [0, 0, [0, 1, 0], [0, 1, 0], [0, 1, 0]])
  assert.equal(of([-3, -2, -1], 2), [0, 0, [0, 0, 1], [0, 0, 1], [0, 0, 1]])
})

test('embeddings are classified as their similarities say', async () => {
  // Classes on a circle; the second image is between two of them, the third nearest to another class.
  const classes = Float32Array.of(1, 0, 0, 1, -1, 0)
  const images = Float32Array.of(2, 0.1, 1, 1, -0.2, 3)
  const names = ['east', 'north', 'west']
  const answers = await classification(
    { images, classes, labels: Int32Array.of(0, 1, 2), names, dim: 2 },
    { threads: 1 },
  )
  assert.equal(
    [[...answers.ranks.above], [...answers.ranks.tied], [...answers.predictions]],
    [
      [0, 0, 1],
      [0, 1, 0],
      [0, 0, 1],
    ],
  )
  const { metrics, perClass, confusion } = scoreAnswers(answers, { names, ties: 'against' })
  assert.equal(metrics, { top1: 33.33, mean_class_recall: 33.33 })
  assert.equal(perClass, [
    { name: 'east', images: 1, recall: 100, precision: 50 },
    { name: 'north', images: 1, recall: 0, precision: 0 },
    { name: 'west', images: 1, recall: 0 },
  ])
  assert.equal(confusion, [
    [1, 0, 0],
    [1, 0, 0],
    [0, 1, 0],
  ])
})

test('shares weigh classes alike in their recall, and top-5 is of ranks below five from six classes on', () => {
  const ranks = { above: Int32Array.of(0, 1, 4, 5, 0), tied: new Int32Array(5) }
  const labels = Int32Array.of(0, 0, 0, 1, 1)
  const shares = (classes: number, drawn: readonly number[]) =>
    classificationShares({ ranks, labels, classes }, { drawn: Int32Array.from(drawn), ties: 'expected' })
  assert.equal(shares(6, [0, 1, 2, 3, 4]), [2 / 5, (1 / 3 + 1 / 2) / 2, 4 / 5])
  assert.equal(shares(5, [0, 1, 2, 3, 4]), [2 / 5, (1 / 3 + 1 / 2) / 2])
  assert.equal(shares(6, [0, 0, 3]), [2 / 3, 1 / 2, 2 / 3])
  assert.equal(shares(6, [3]), [0, 0, 0])
})

test('values are named in their order, and missing ones are filled', () => {
  assert.equal(byClassification([1, 2, 3], 0), { top1: 1, mean_class_recall: 2, top5: 3 })
  assert.equal(byClassification([1, 2], 0), { top1: 1, mean_class_recall: 2 })
  assert.equal(byClassification<number>([], 9), { top1: 9, mean_class_recall: 9 })
  const recalls = byRecall([1, 2, 3, 4, 5, 6], 0)
  assert.equal(Object.entries(recalls), [
    ['i2t_r1', 1],
    ['i2t_r5', 2],
    ['i2t_r10', 3],
    ['t2i_r1', 4],
    ['t2i_r5', 5],
    ['t2i_r10', 6],
    ['mean_recall', 0],
  ])
})

test('chance of classification knows the most frequent classes', () => {
  const labels = Int32Array.of(0, 0, 0, 0, 1, 1, 2, 3, 4, 5)
  const { random, majority } = classificationChance(labels, 7)
  near(random.top1, 100 / 7)
  near(random.mean_class_recall, 100 / 7)
  near(random.top5, 500 / 7)
  near(majority.top1, 40)
  near(majority.mean_class_recall, 100 / 6)
  near(majority.top5, 90)
  assert.is(classificationChance(labels, 5).random.top5, undefined)
  near(classificationChance(labels, 6).random.top5, 500 / 6)
  assert.is(classificationChance(labels, 5).majority.top5, undefined)
})

test('recalls count ranks below their depth, and the mean is of the printed numbers', async () => {
  // Texts equal their image's axis, but those of the first two images are swapped.
  const axes = (order: readonly number[]) => {
    const rows = new Float32Array(order.length * 3)
    for (const [row, axis] of order.entries()) rows[row * 3 + axis] = 1
    return rows
  }
  const ranks = await retrieval(
    { images: axes([0, 1, 2]), texts: axes([1, 0, 2]), owner: Int32Array.of(0, 1, 2), dim: 3 },
    { threads: 1 },
  )
  assert.equal(
    [[...ranks.image.above], [...ranks.text.above]],
    [
      [1, 1, 0],
      [1, 1, 0],
    ],
  )
  assert.equal(recallsOf(ranks, 'expected'), {
    ...{ i2t_r1: 33.33, i2t_r5: 100, i2t_r10: 100, t2i_r1: 33.33, t2i_r5: 100, t2i_r10: 100 },
    mean_recall: 77.78,
  })
})

test('chance of retrieval draws without replacement, from no more texts than there are', () => {
  const chance = retrievalChance(apart([2, ...new Array<number>(19).fill(1)]), 'expected')
  near(chance.t2i_r1, 5)
  near(chance.t2i_r5, 25)
  near(chance.t2i_r10, 50)
  near(chance.i2t_r1, (100 * (2 / 21 + 19 / 21)) / 20)
  near(chance.i2t_r5, (100 * (1 - (16 / 21) * (15 / 20) + 19 * (5 / 21))) / 20)
  const six = [chance.i2t_r1, chance.i2t_r5, chance.i2t_r10, chance.t2i_r1, chance.t2i_r5, chance.t2i_r10]
  near(chance.mean_recall, six.reduce((a, b) => a + b) / 6)
  assert.equal(retrievalChance(apart([1]), 'expected').mean_recall, 100)
})

test('a row without caption is a fault of data', async () => {
  const axes = Float32Array.of(1, 0, 0, 1)
  const fault = await faultOf(
    retrieval({ images: axes, texts: axes, owner: Int32Array.of(1, 1), dim: 2 }, { threads: 1 }),
  )
  assert.is(fault instanceof DataFault && fault.place.item, 'image 0')
  assert.is(fault instanceof DataFault && fault.message, 'Image 0 has no caption; leave it out of the evaluation')
})

test.run()
