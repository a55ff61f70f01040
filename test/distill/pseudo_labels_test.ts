import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { pseudoLabels } from '../../runtime/distill/pseudo_labels.ts'

/** Labels and certainty of the patches of one concept. */
const label = (margins: readonly number[], margin: number) => {
  const { labels, certain, positive, taught } = pseudoLabels(Float32Array.from(margins), { concepts: 1, margin })
  return { labels: [...labels], certain: [...certain], positive, taught }
}

test('the label is the sign, and a margin of exactly 0 is not the concept', () => {
  assert.equal(label([1, -1, 0, 2], 0).labels, [1, 0, 0, 1])
})

test('a patch whose margin equals the bound is certain, and one just below is not', () => {
  // Four values of plus and minus two have a standard deviation of 2.
  const margins = [2, -2, 2, -2]
  assert.equal(label(margins, 1).certain, [1, 1, 1, 1])
  assert.equal(label(margins, 1.0001).certain, [0, 0, 0, 0])
  assert.equal(label(margins, 0.5).certain, [1, 1, 1, 1])
  // Two values of 3 and two of 1, with signs that give mean 0, have a standard deviation of sqrt 5.
  assert.equal(label([3, -3, 1, -1], 1).certain, [1, 1, 0, 0])
  assert.equal(label([3, -3, 1, -1], 0.44).certain, [1, 1, 1, 1])
  assert.equal(label([3, -3, 1, -1], 0.45).certain, [1, 1, 0, 0])
  assert.equal(label([3, -3, 1, -1], 1.35).certain, [0, 0, 0, 0])
})

test('the bound is in standard deviations around the mean, and is taken from 0', () => {
  // Mean 4, deviation 1.
  assert.equal(label([3, 5], 3).certain, [1, 1])
  assert.equal(label([3, 5], 3.01).certain, [0, 1])
  assert.equal(label([3, 5], 5.01).certain, [0, 0])
})

test('each concept has its own deviation and its own shares', () => {
  const first = [4, -4, 1, -4]
  const second = [0.4, 0.2, 0.2, -0.02]
  const margins = Float32Array.from(first.flatMap((value, i) => [value, second[i] ?? 0]))
  const { labels, certain, positive, taught } = pseudoLabels(margins, { concepts: 2, margin: 0.5 })
  assert.equal([...labels], [1, 1, 0, 1, 1, 1, 0, 0])
  assert.equal([...certain], [1, 1, 1, 1, 0, 1, 1, 0])
  assert.equal(positive, [0.5, 0.75])
  assert.equal(taught, [0.75, 0.75])
})

test('equal margins are all certain, although rounding makes their variance negative', () => {
  const margins = new Array<number>(55).fill(0.1)
  const value = Math.fround(0.1)
  const [sum, squares] = margins.reduce(([s, q]) => [s + value, q + value * value] as [number, number], [0, 0])
  assert.ok(squares / 55 - (sum / 55) ** 2 < 0, 'the case shows what it should')
  assert.equal(label(margins, 2).taught, [1])
})

test.run()
