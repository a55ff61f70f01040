import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bootstrap } from '../../runtime/evaluate/bootstrap.ts'
import { meanInterval, scoreCaptions, wordCount } from '../../runtime/evaluate/captioning.ts'
import { classificationIntervals, retrievalIntervals } from '../../runtime/evaluate/intervals.ts'
import { mean, percent } from '../../runtime/evaluate/percent.ts'

const near = (actual: number | undefined, expected: number): void =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) < 1e-9, `${actual}, not ${expected}`)

/** Ranks without ties. */
const untied = (image: Int32Array, text: Int32Array) => ({
  image: { above: image, tied: new Int32Array(image.length), own: new Int32Array(image.length).fill(1) },
  text: { above: text, tied: new Int32Array(text.length) },
})

/** The interval of a measure that takes these values in turn. */
function intervalOf(values: readonly number[], level?: number) {
  let at = 0
  const options = { seed: 1, resamples: values.length, ...(level !== undefined && { level }) }
  const [interval] = bootstrap(1, () => [values[at++] ?? Number.NaN], options)
  return interval
}

test('an interval is cut at quantiles that are interpolated between neighbours', () => {
  // Of 0, 10, .. 100 in any order, a tenth lies at 10 and a twentieth halfway to it.
  const values = [50, 0, 100, 10, 90, 20, 80, 30, 70, 40, 60]
  const tenth = intervalOf(values, 0.8)
  near(tenth?.low, 10)
  near(tenth?.high, 90)
  const twentieth = intervalOf(values, 0.9)
  near(twentieth?.low, 5)
  near(twentieth?.high, 95)
  const all = intervalOf(values, 1)
  near(all?.low, 0)
  near(all?.high, 100)
  assert.equal(intervalOf([7]), { low: 7, high: 7 })
})

test('a thousand resamples at a level of 95 % are taken without another word', () => {
  let calls = 0
  const [interval] = bootstrap(1, () => [calls++], { seed: 1 })
  assert.is(calls, 1000)
  near(interval?.low, 0.025 * 999)
  near(interval?.high, 0.975 * 999)
})

test('each resample draws as many units as there are, all about as often', () => {
  const counts = [0, 0, 0, 0]
  bootstrap(
    4,
    drawn => {
      assert.is(drawn.length, 4)
      for (const unit of drawn) counts[unit] = (counts[unit] ?? 0) + 1
      return []
    },
    { seed: 3 },
  )
  // A thousand each, with a standard deviation of 27.
  for (const count of counts) assert.ok(Math.abs(count - 1000) < 150, String(counts))
})

test('every measure has its interval, and the seed decides', () => {
  const of = (seed: number) => bootstrap(50, drawn => [drawn[0] ?? 0, -(drawn[0] ?? 0)], { seed, resamples: 40 })
  const [up, down] = of(1)
  near(up?.low, -(down?.high ?? 0))
  near(up?.high, -(down?.low ?? 0))
  assert.equal(of(1), [up, down])
  assert.not.equal(of(2), [up, down])
})

test('resamples are the same in every version, so that intervals of old can be reproduced', () => {
  const options = { seed: 7, resamples: 20 }
  const [interval] = bootstrap(50, drawn => [drawn.reduce((sum, unit) => sum + unit, 0) / 50], options)
  near(interval?.low, 20.6905)
  near(interval?.high, 26.0845)
})

test('shares are printed in percent with two decimals', () => {
  assert.equal([0, 1, 1 / 3, 2 / 3, 0.5].map(percent), [0, 100, 33.33, 66.67, 50])
  assert.equal([mean([]), mean([3]), mean([1, 2, 6])], [0, 3, 3])
})

test('recalls of resamples weigh captions, and a hit at k is a rank below k', () => {
  // Every image is alike: its best caption has rank 5; of its four texts one has rank 0, one 4, one 5 and one 10.
  const imageRanks = new Int32Array(6).fill(5)
  const owner = Int32Array.from({ length: 24 }, (_, text) => Math.floor(text / 4))
  const textRanks = Int32Array.from({ length: 24 }, (_, text) => [0, 4, 5, 10][text % 4] ?? 0)
  const intervals = retrievalIntervals(untied(imageRanks, textRanks), {
    owner,
    ties: 'expected',
    seed: 1,
    resamples: 20,
  })
  const both = (value: number) => ({ low: value, high: value })
  const { mean_recall: average, ...six } = intervals
  assert.equal(six, {
    i2t_r1: both(0),
    i2t_r5: both(0),
    i2t_r10: both(100),
    t2i_r1: both(25),
    t2i_r5: both(50),
    t2i_r10: both(75),
  })
  near(average.low, 250 / 6)
  near(average.high, 250 / 6)
})

test('an image is drawn with all its captions', () => {
  // One image has three captions that are found, the other one that is not: of two draws 1, 3 / 4 or 0 are hits.
  const seen = new Set<number>()
  const ranks = untied(Int32Array.of(0, 9), Int32Array.of(0, 0, 0, 9))
  const owner = Int32Array.of(0, 0, 0, 1)
  for (let seed = 0; seed < 40; seed++) {
    const { t2i_r1: interval } = retrievalIntervals(ranks, { owner, ties: 'expected', seed, resamples: 1 })
    seen.add(interval.low)
  }
  assert.equal(
    [...seen].sort((a, b) => a - b),
    [0, 75, 100],
  )
})

test('intervals of classification are in percent', () => {
  const ranks = { above: new Int32Array(12).fill(4), tied: new Int32Array(12) }
  const intervals = classificationIntervals(
    { ranks, labels: new Int32Array(12), classes: 6 },
    { ties: 'expected', seed: 1, resamples: 9 },
  )
  assert.equal(intervals, {
    top1: { low: 0, high: 0 },
    mean_class_recall: { low: 0, high: 0 },
    top5: { low: 100, high: 100 },
  })
  const [some, none] = [0, 1].map(rank => {
    const ranks = { above: new Int32Array(4).fill(rank), tied: new Int32Array(4) }
    const options = { ranks, labels: new Int32Array(4), classes: 2 }
    return classificationIntervals(options, { ties: 'expected', seed: 1, resamples: 9 }).top1
  })
  assert.equal(
    [some, none],
    [
      { low: 100, high: 100 },
      { low: 0, high: 0 },
    ],
  )
})

test('the interval of a mean of equal scores is that score', () => {
  assert.equal(meanInterval([0.25, 0.25, 0.25], { seed: 1 }), { low: 0.25, high: 0.25 })
  const { low, high } = meanInterval([0, 1], { seed: 1 })
  assert.equal([low, high], [0, 1])
})

test('words are letters and numbers, with hyphens and apostrophes inside', () => {
  assert.equal(["It's a T-junction, 2 lanes!", '', ' -- ', 'naïve café', "'quoted'"].map(wordCount), [5, 0, 0, 2, 1])
})

test('a caption counts by its best reference, and shuffled by those of the next image', () => {
  const references = [['a b', 'x'], ['x y'], ['q']]
  const { rougeL, shuffled } = scoreCaptions(['A, b.', 'a b', 'x'], references)
  assert.equal(rougeL, [1, 0, 0])
  // The last is compared with the first.
  assert.equal(shuffled, [0, 0, 1])
})

test.run()
