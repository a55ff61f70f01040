import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { captionContributions, scoreCaptions } from '../../runtime/evaluate/captioning.ts'
import { totalsOf } from '../../runtime/evaluate/unit_sums.ts'

test('ROUGE-L is that of its paper, with recall weighed as in caption evaluation', () => {
  // Lin 2004, section 3: 3 of 4 words and 2 of 4 words in order; equal lengths make every F-measure the same.
  const reference = 'Police killed the gunman.'
  const { rougeL } = scoreCaptions(['police kill the gunman', 'the gunman kill police'], [[reference], [reference]])
  assert.equal(rougeL, [0.75, 0.5])
  const [found = 0] = scoreCaptions(['a b c d e'], [['x y', 'a b c']]).rougeL
  // Precision 3/5, recall 1, beta 1.2.
  assert.ok(Math.abs(found - (2.44 * 0.6) / (1 + 1.44 * 0.6)) < 1e-12)
})

test('captions of other images, and empty ones, score nothing', () => {
  const references = [['a lake'], ['two runways'], ['dense houses']]
  const { rougeL, shuffled } = scoreCaptions(['a lake', 'two runways', ''], references)
  assert.equal(rougeL, [1, 1, 0])
  assert.equal(shuffled, [0, 0, 0])
  assert.throws(() => scoreCaptions(['a'], []), /1 captions have references of 0 images/)
})

test('units contribute the sums of their images', () => {
  const { sums, measures } = captionContributions(
    { rougeL: [1, 0.5, 0], shuffled: [0, 0.25, 0.5] },
    { units: ['b', 'a', 'b'], words: [4, 5, 9] },
  )
  assert.equal(sums.units, ['a', 'b'])
  assert.equal(measures(totalsOf(sums)), { rouge_l: 50, shuffled_rouge_l: 25, words: 6 })
})

test.run()
