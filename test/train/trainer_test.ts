import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'
import { chooseEngine, floats, ints } from '../../runtime/engine/mod.ts'
import { initialWeights } from '../../runtime/model/initialise.ts'
import { train } from '../../runtime/train/trainer.ts'
import { tinyMammut } from '../tiny_models.ts'
import { pairsOf } from './tiny.ts'

const config = tinyMammut({
  vision: { width: 32, layers: 2 },
  text: { width: 32, contextLength: 8, vocabSize: 40 },
  embedDim: 16,
  mlpRatio: 4,
})
const pairs = 32

/** Random images, each with its own caption. */
function batch() {
  const random = createRandom(1, 'pairs')
  const images = Float32Array.from({ length: pairs * 3 * 16 * 16 }, () => random.between(-1, 1))
  const tokens = Int32Array.from({ length: pairs * 8 }, (_, i) =>
    i % 8 === 0 ? 1 : i % 8 === 7 ? 2 : 3 + random.below(37),
  )
  return {
    images: floats(images, [pairs, 3, 16, 16]),
    tokens: ints(tokens, [pairs, 8]),
    rows: Array.from({ length: pairs }, (_, row) => ({ part: 0, row, key: `pair-${row}` })),
  }
}

async function fit(steps: number, peak: number) {
  const history: { loss: number; contrastive: number; caption: number }[] = []
  const fixed = batch()
  const { weights } = await train({
    engine: await chooseEngine('cpu'),
    weights: initialWeights(config, 3),
    optimizer: { beta1: 0.9, beta2: 0.98, weightDecay: 0, clipNorm: 1 },
    schedule: { peak, warmUp: 0.1, steps },
    objective: pairsOf(config),
    batchSize: pairs,
    loader: { next: () => fixed, position: () => ({}), restore: () => {} },
    arrays: ({ images, tokens }) => ({ images, tokens }),
    onStep: ({ losses }) =>
      history.push({ loss: losses.loss ?? 0, contrastive: losses.contrastive ?? 0, caption: losses.caption ?? 0 }),
    signal: new AbortController().signal,
  })
  return { history, weights }
}

test('overfits 32 pairs to near-zero loss', async () => {
  const { history } = await fit(250, 3e-3)
  const last = history.at(-1)
  assert.ok((history[0]?.contrastive ?? 0) > 3, 'starts near ln 32')
  assert.ok((last?.contrastive ?? 9) < 0.02, `contrastive loss ended at ${last?.contrastive}`)
  assert.ok((last?.caption ?? 9) < 0.2, `caption loss ended at ${last?.caption}`)
})

test('the same seed gives bit-identical losses and weights', async () => {
  const [a, b] = [await fit(6, 1e-3), await fit(6, 1e-3)]
  assert.equal(a.history, b.history)
  assert.equal(a.weights, b.weights)
})

test('a loss that is not finite names the step and the samples', async () => {
  try {
    await fit(4, Number.POSITIVE_INFINITY)
    assert.unreachable('training went on')
  } catch (error) {
    assert.match(String(error), /stopped at step \d.*pair-0, pair-1.*24 more/)
  }
})

test.run()
