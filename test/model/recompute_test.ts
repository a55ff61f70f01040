import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'
import { chooseEngine, floats, floatsOf, gradients, ints, jit, type tf } from '../../runtime/engine/mod.ts'
import { initialWeights } from '../../runtime/model/initialise.ts'
import type { Weights } from '../../runtime/model/layers.ts'
import { pairLosses } from '../../runtime/train/pair_objective.ts'
import { relativeError } from '../support.ts'
import { tinyMammut } from '../tiny_models.ts'

const config = tinyMammut({
  patchSize: 4,
  vision: { layers: 3 },
  text: { layers: 4, contextLength: 8, vocabSize: 30 },
  mlpRatio: 4,
})
const pairs = 6
const random = createRandom(2, 'recompute')
const images = floats(
  Float32Array.from({ length: pairs * 3 * 16 * 16 }, () => random.between(-1, 1)),
  [pairs, 3, 16, 16],
)
const tokens = ints(
  Int32Array.from({ length: pairs * 8 }, (_, i) => (i % 8 === 0 ? 1 : i % 8 > 5 ? 0 : 3 + random.below(27))),
  [pairs, 8],
)

type Inputs = { readonly images: tf.Tensor; readonly tokens: tf.Tensor; readonly weights: Weights }

async function lossAndGradients(recompute: boolean) {
  const step = jit(
    ({ images, tokens, weights }: Inputs) => {
      const loss = () =>
        pairLosses({ images, tokens }, weights, { config: { ...config, recompute }, captionWeight: 1 }).loss
      const { value, grads } = gradients(loss, Object.values(weights))
      return { value, grads: [...grads] }
    },
    { engine: await chooseEngine('cpu', 1) },
  )
  const { value, grads } = await step({ images, tokens, weights: initialWeights(config, 4) })
  const found = { loss: floatsOf(value)[0] ?? Number.NaN, grads: grads.map(grad => floatsOf(grad).slice()) }
  await step.dispose()
  return found
}

test('blocks of MaMMUT that are computed again give the same losses and gradients', async () => {
  const [plain, again] = [await lossAndGradients(false), await lossAndGradients(true)]
  assert.ok(Math.abs(plain.loss - again.loss) < 1e-6 * plain.loss, `${again.loss}, not ${plain.loss}`)
  const names = Object.keys(initialWeights(config, 4))
  const wrong = plain.grads.flatMap((grad, i) => {
    const error = relativeError(again.grads[i] ?? new Float32Array(0), grad)
    return error < 1e-5 ? [] : [`${names[i]}: ${error}`]
  })
  assert.equal(wrong, [])
})

test.run()
