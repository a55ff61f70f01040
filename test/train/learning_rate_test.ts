import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type DecayShape, learningRate } from '../../runtime/train/learning_rate.ts'

/** Rates of chosen steps of a hundred, ten of them warm-up, at a peak of 2. */
const rates = (shape: DecayShape | undefined, steps: readonly number[]): readonly number[] =>
  steps.map(step => learningRate(step, { peak: 2, warmUp: 0.1, steps: 100, shape }))

const near = (actual: readonly number[], expected: readonly number[]): void => {
  assert.is(actual.length, expected.length)
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs((actual[i] ?? Number.NaN) - value) < 1e-12, `rate ${i} is ${actual[i]}, not ${value}`)
}

const shapes: readonly (DecayShape | undefined)[] = [
  undefined,
  { kind: 'cosine', floor: 0.1 },
  { kind: 'cosine', floor: 0 },
  { kind: 'linear', floor: 0.2 },
  { kind: 'constant' },
  { kind: 'cooldown', share: 0.25, shape: 'linear', floor: 0 },
  { kind: 'cooldown', share: 0.25, shape: '1-sqrt', floor: 0.04 },
]

test('every schedule warms up in a straight line to the peak', () => {
  for (const shape of shapes) near(rates(shape, [1, 5, 10]), [0.2, 1, 2])
})

test('without another word a cosine falls to a tenth', () => {
  near(rates(undefined, [55, 100]), [2 * 0.55, 0.2])
  assert.equal(
    rates(
      undefined,
      Array.from({ length: 100 }, (_, i) => i + 1),
    ),
    rates(
      { kind: 'cosine', floor: 0.1 },
      Array.from({ length: 100 }, (_, i) => i + 1),
    ),
  )
})

test('a cosine falls to its floor', () => {
  near(rates({ kind: 'cosine', floor: 0 }, [40, 55, 100]), [1 + Math.cos(Math.PI / 3), 1, 0])
})

test('a line falls to its floor', () => {
  near(rates({ kind: 'linear', floor: 0.2 }, [19, 55, 100]), [2 * 0.92, 2 * 0.6, 0.4])
})

test('a constant rate stays at the peak', () => near(rates({ kind: 'constant' }, [11, 60, 100]), [2, 2, 2]))

test('a cooldown stays at the peak until the last share of the steps', () => {
  near(rates({ kind: 'cooldown', share: 0.25, shape: 'linear', floor: 0 }, [11, 75, 80, 100]), [2, 2, 1.6, 0])
  const root = { kind: 'cooldown', share: 0.25, shape: '1-sqrt', floor: 0.04 } as const
  near(rates(root, [75, 84, 100]), [2, 2 * (1 - 0.96 * 0.6), 0.08])
})

test('a cooldown that would begin in the warm-up begins after it', () => {
  near(rates({ kind: 'cooldown', share: 1, shape: 'linear', floor: 0 }, [10, 55, 100]), [2, 1, 0])
})

test('warm-up is a rounded number of steps, of which there is at least one', () => {
  const rate = (step: number, warmUp: number) =>
    learningRate(step, { peak: 1, warmUp, steps: 10, shape: { kind: 'constant' } })
  assert.equal([rate(1, 0.15), rate(2, 0.15), rate(3, 0.15)], [0.5, 1, 1])
  assert.equal([rate(1, 0.14), rate(2, 0.14)], [1, 1])
  assert.equal([rate(1, 0), rate(2, 0)], [1, 1])
  assert.equal([rate(3, 0.26), rate(2, 0.26), rate(2, 0.24)], [1, 2 / 3, 1])
})

test('without warm-up the first step is at the peak', () => {
  const rate = (step: number) =>
    learningRate(step, { peak: 1, warmUp: 0, steps: 5, shape: { kind: 'linear', floor: 0 } })
  near([1, 2, 5].map(rate), [1, 0.75, 0])
})

test('a decay of one step ends at its floor', () => {
  for (const kind of ['cosine', 'linear'] as const)
    near([learningRate(10, { peak: 2, warmUp: 0.9, steps: 10, shape: { kind, floor: 0.25 } })], [0.5])
})

test('a cooldown lasts a rounded number of steps', () => {
  const rate = (step: number, share: number) =>
    learningRate(step, { peak: 1, warmUp: 0, steps: 10, shape: { kind: 'cooldown', share, shape: 'linear', floor: 0 } })
  near(
    [8, 9, 10].map(step => rate(step, 0.25)),
    [2 / 3, 1 / 3, 0],
  )
  near(
    [8, 9, 10].map(step => rate(step, 0.24)),
    [1, 0.5, 0],
  )
  near(
    [9, 10].map(step => rate(step, 0.01)),
    [1, 1],
  )
})

test('a warm-up over all steps ends at the peak', () => {
  near(
    [5, 10].map(step => learningRate(step, { peak: 2, warmUp: 1, steps: 10 })),
    [1, 2],
  )
})

test.run()
