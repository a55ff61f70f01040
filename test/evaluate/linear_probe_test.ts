import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'
import { classification, rankClasses, scoreAnswers } from '../../runtime/evaluate/classification.ts'
import { fitProbe, type ProbeData, penalties } from '../../runtime/evaluate/linear_probe.ts'

const names = ['lake', 'desert', 'city']
const dim = 6
const options = { dim, names, validation: 0.25, seed: 3, threads: 1 }

/** Rows around the axis of their class, on features of very different sizes. */
function blobs(rows: number, noise: number, stream: string): ProbeData {
  const random = createRandom(1, stream)
  const labels = Int32Array.from({ length: rows }, () => random.below(3))
  const features = Float32Array.from({ length: rows * dim }, (_, at) => {
    const value = (at % dim === labels[Math.floor(at / dim)] ? 1 : 0) + noise * (random.next() + random.next() - 1)
    return value * 10 ** ((at % dim) - 3)
  })
  return { features, labels }
}

const top1 = (scores: Float64Array, labels: Int32Array) =>
  scoreAnswers(rankClasses(scores, { labels, names }), { names, ties: 'expected' }).metrics.top1

test('a probe tells classes apart that are linearly separable, whatever the scale of features', async () => {
  const probe = await fitProbe(blobs(150, 0.4, 'train'), options)
  const { features, labels } = blobs(100, 0.4, 'test')
  assert.ok(top1(probe.judge(features), labels) > 97)
  assert.is(probe.validated.length, penalties.length)
  const best = Math.max(...probe.validated)
  assert.is(probe.penalty, penalties[probe.validated.indexOf(best)], 'of equals the strongest')
})

test('features that tell nothing give chance', async () => {
  const { features } = blobs(300, 0.4, 'train')
  const random = createRandom(2, 'labels')
  const probe = await fitProbe({ features, labels: Int32Array.from({ length: 300 }, () => random.below(3)) }, options)
  const { features: seen, labels } = blobs(300, 0.4, 'other')
  const found = top1(probe.judge(seen), labels)
  assert.ok(found > 15 && found < 55, String(found))
})

test('the fit is a minimum of its loss', async () => {
  const data = blobs(90, 1.5, 'train')
  const probe = await fitProbe(data, options)
  // Scores are linear, so those of the axes and of zero tell coefficients and biases.
  const rows = data.labels.length
  const loss = (scale: number): number => {
    const scores = probe.judge(data.features)
    const biases = probe.judge(Float32Array.from({ length: dim }, (_, k) => meanOf(data.features, k)))
    let sum = 0
    for (let row = 0; row < rows; row++) {
      const logits = names.map((_, label) => {
        const bias = biases[label] ?? 0
        return bias + scale * ((scores[row * 3 + label] ?? 0) - bias)
      })
      const most = Math.max(...logits)
      sum += Math.log(logits.reduce((all, logit) => all + Math.exp(logit - most), 0)) + most
      sum -= logits[data.labels[row] ?? 0] ?? 0
    }
    return sum / rows + (probe.penalty / 2) * scale ** 2 * squaresOf(probe, data)
  }
  const slope = (loss(1.001) - loss(0.999)) / 0.002
  assert.ok(Math.abs(slope) < 1e-3, String(slope))
})

const meanOf = (features: Float32Array, k: number): number => {
  let sum = 0
  for (let at = k; at < features.length; at += dim) sum += features[at] ?? 0
  return sum / (features.length / dim)
}

/** Squared coefficients on scaled features, from how scores move along each feature. */
function squaresOf(
  { judge }: { readonly judge: (rows: Float32Array) => Float64Array },
  { features }: ProbeData,
): number {
  const centre = Float32Array.from({ length: dim }, (_, k) => meanOf(features, k))
  let sum = 0
  for (let k = 0; k < dim; k++) {
    let squares = 0
    for (let at = k; at < features.length; at += dim) squares += ((features[at] ?? 0) - (centre[k] ?? 0)) ** 2
    const moved = centre.slice()
    moved[k] = (centre[k] ?? 0) + Math.sqrt(squares / (features.length / dim))
    const [to, from] = [judge(moved), judge(centre)]
    to.forEach((score, label) => {
      sum += (score - (from[label] ?? 0)) ** 2
    })
  }
  return sum
}

test('ranks of scores are those of cosines where scores are cosines', async () => {
  const random = createRandom(4, 'scores')
  const rows = (count: number) => Float32Array.from({ length: count * 3 }, () => random.pick([-1, 1]))
  const [images, classes] = [rows(40), rows(3)]
  const labels = Int32Array.from({ length: 40 }, () => random.below(3))
  const expected = await classification({ images, classes, labels, names, dim: 3 }, { threads: 1 })
  const scores = Float64Array.from({ length: 120 }, (_, at) => {
    const [image, label] = [Math.floor(at / 3), at % 3]
    return [0, 1, 2].reduce((sum, k) => sum + (images[image * 3 + k] ?? 0) * (classes[label * 3 + k] ?? 0), 0)
  })
  assert.equal(rankClasses(scores, { labels, names }), expected)
})

test.run()
