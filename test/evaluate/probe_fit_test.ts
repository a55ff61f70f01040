import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'
import { fitProbe, penalties, splitRows } from '../../runtime/evaluate/linear_probe.ts'

const near = (actual: number | undefined, expected: number, most: number): void =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) < most, `${actual}, not ${expected}`)

/** Two classes of `rows` rows, at minus and plus one times a scale around a centre. */
function sides(rows: number, { scale = 1, centre = 0 } = {}) {
  const labels = Int32Array.from({ length: rows }, (_, row) => row % 2)
  return { labels, features: Float32Array.from(labels, label => centre + scale * (2 * label - 1)) }
}
const options = { dim: 1, names: ['left', 'right'], validation: 0.25, seed: 1, threads: 1 }

test('penalties fall from one to a millionth in powers of ten', () => {
  assert.equal(penalties, [1, 0.1, 0.01, 0.001, 0.0001, 0.00001, 0.000001])
})

test('coefficients balance the mean cross-entropy and half the penalty of their squares', async () => {
  const progress: string[] = []
  const data = sides(24)
  const { judge, penalty, validated } = await fitProbe(data, {
    ...options,
    onFit: (done, total) => progress.push(`${done}/${total}`),
  })
  assert.equal(
    progress,
    [1, 2, 3, 4, 5, 6, 7, 8].map(done => `${done}/8`),
  )
  assert.equal([penalty, validated], [1, new Array(7).fill(100)])
  const [leftLeft = 0, leftRight = 0, rightLeft = 0, rightRight = 0] = judge(Float32Array.of(-1, 1))
  // With coefficients -a and a the minimum is where penalty * a = sigmoid(-2 a).
  const a = (rightRight - rightLeft) / 2
  near(a, 1 / (1 + Math.exp(2 * a)), 1e-4)
  near(leftLeft - leftRight, 2 * a, 1e-4)
  near(leftLeft + leftRight, 0, 1e-4)
})

test('a bias is free, and is that of the shares of classes where features tell nothing', async () => {
  const labels = Int32Array.from({ length: 40 }, (_, row) => (row % 4 === 0 ? 1 : 0))
  const { judge } = await fitProbe({ labels, features: new Float32Array(40).fill(7) }, options)
  const [left = 0, right = 0] = judge(Float32Array.of(7))
  near(left - right, Math.log(3), 1e-3)
  // A feature that never changes counts nothing, whatever it is elsewhere.
  assert.equal([...judge(Float32Array.of(-100))], [left, right])
})

test('scale and centre of features change no score', async () => {
  const plain = await fitProbe(sides(24), options)
  const moved = await fitProbe(sides(24, { scale: 50, centre: 1000 }), options)
  const expected = plain.judge(Float32Array.of(-1, 1, 0))
  for (const [i, value] of moved.judge(Float32Array.of(950, 1050, 1000)).entries()) near(value, expected[i] ?? 9, 1e-3)
})

test('of each class a rounded share validates, one row at least and all but one at most', () => {
  const labels = Int32Array.of(2, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 3, 3)
  const names = ['nine', 'three', 'one', 'two', 'none']
  const counts = (validation: number) => {
    const { fitted, held } = splitRows(labels, { names, validation, seed: 1 })
    assert.equal(
      [...fitted, ...held].sort((a, b) => a - b),
      Array.from(labels, (_, row) => row),
    )
    for (const rows of [fitted, held])
      assert.equal(
        rows,
        rows.toSorted((a, b) => a - b),
      )
    return names.map((_, label) => held.filter(row => labels[row] === label).length)
  }
  // Nine rows, three, one, two and none.
  assert.equal(counts(0.01), [1, 1, 0, 1, 0])
  assert.equal(counts(0.27), [2, 1, 0, 1, 0])
  assert.equal(counts(0.28), [3, 1, 0, 1, 0])
  assert.equal(counts(0.5), [5, 2, 0, 1, 0])
  assert.equal(counts(0.99), [8, 2, 0, 1, 0])
  const held = (seed: number) => splitRows(labels, { names, validation: 0.5, seed }).held
  assert.equal(held(1), held(1))
  assert.not.equal(held(1), held(2))
})

test('the seed decides which rows validate', async () => {
  const random = createRandom(4, 'probe')
  const labels = Int32Array.from({ length: 60 }, () => random.below(2))
  const features = Float32Array.from(labels, label => label + random.between(-1.5, 1.5))
  const of = async (seed: number) =>
    (await fitProbe({ labels, features }, { ...options, seed, validation: 0.5 })).validated
  assert.equal(await of(1), await of(1))
  assert.not.equal(await of(1), await of(2))
})

test('scores of several features and classes are row-major', async () => {
  const labels = Int32Array.from({ length: 60 }, (_, row) => row % 3)
  const features = Float32Array.from({ length: 120 }, (_, at) => {
    const label = Math.floor(at / 2) % 3
    return at % 2 === 0 ? (label === 0 ? 1 : -1) : label === 2 ? 1 : -1
  })
  const { judge } = await fitProbe({ labels, features }, { ...options, dim: 2, names: ['x', 'none', 'y'] })
  const scores = [...judge(Float32Array.of(1, -1, -1, -1, -1, 1))]
  const best = [0, 1, 2].map(row => {
    const own = scores.slice(3 * row, 3 * row + 3)
    return own.indexOf(Math.max(...own))
  })
  assert.equal(best, [0, 1, 2])
  near(scores[0], scores[8] ?? 0, 1e-3)
})

test('features that deviate by less than 1e-10 are constant', async () => {
  const right = async (scale: number) => (await fitProbe(sides(8, { scale }), options)).judge(Float32Array.of(1))[1]
  near(await right(0.85e-10), 0, 1e-9)
  assert.ok(((await right(1.2e-10)) ?? 0) > 1)
})

test('at the solution every slope of the loss vanishes', async () => {
  const [dim, classes, rows] = [3, 3, 60]
  const random = createRandom(6, 'noise')
  const labels = Int32Array.from({ length: rows }, () => random.below(classes))
  const features = Float32Array.from({ length: rows * dim }, (_, at) => {
    const shift = at % dim === labels[Math.floor(at / dim)] ? 0.7 : 0
    return (shift + random.next()) * 10 ** (at % dim)
  })
  const { judge, penalty } = await fitProbe({ features, labels }, { ...options, dim, names: ['a', 'b', 'c'] })
  const column = (k: number) => Array.from({ length: rows }, (_, row) => features[row * dim + k] ?? 0)
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const centre = Array.from({ length: dim }, (_, k) => mean(column(k)))
  const deviation = centre.map((of, k) => Math.sqrt(mean(column(k).map(value => (value - of) ** 2))))
  const scores = judge(features)
  const errors = Array.from({ length: rows * classes }, (_, at) => {
    const row = Math.floor(at / classes)
    const own = Array.from(scores.subarray(row * classes, (row + 1) * classes), Math.exp)
    const sum = own.reduce((all, value) => all + value, 0)
    return (own[at % classes] ?? 0) / sum - (labels[row] === at % classes ? 1 : 0)
  })
  const biases = judge(Float32Array.from(centre))
  for (let label = 0; label < classes; label++) {
    const error = Array.from({ length: rows }, (_, row) => errors[row * classes + label] ?? 0)
    near(mean(error), 0, 2e-4)
    for (const [k, of] of centre.entries()) {
      const moved = Float32Array.from(centre, (value, at) => (at === k ? value + (deviation[k] ?? 0) : value))
      const coefficient = (judge(moved)[label] ?? 0) - (biases[label] ?? 0)
      const slope = mean(error.map((value, row) => (value * ((column(k)[row] ?? 0) - of)) / (deviation[k] ?? 1)))
      near(slope + penalty * coefficient, 0, 2e-4)
    }
  }
})

test.run()
