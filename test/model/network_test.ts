import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'
import { chooseEngine, floats, floatsOf, gradients, ints, jit, tf } from '../../runtime/engine/mod.ts'
import type { Weights } from '../../runtime/model/layers.ts'
import { readModel, requireMammut, writeModel } from '../../runtime/model/model_folder.ts'
import { networkOf } from '../../runtime/model/network.ts'
import { imageBatch } from '../../runtime/model/preprocess.ts'
import { channelDeviation, channelMean } from '../../runtime/model/standardize.ts'
import { pairLosses } from '../../runtime/train/pair_objective.ts'
import { inTempFolder, relativeError } from '../support.ts'
import { clipConfig, clipWeights, writeClip } from './tiny_clip.ts'

const random = createRandom(8, 'network')
const pixels = Uint8Array.from({ length: 2 * 16 * 16 * 3 }, () => random.below(256))
const weights = clipWeights(clipConfig)

async function embeddings(config: typeof clipConfig, images: ReturnType<typeof imageBatch>): Promise<Float32Array> {
  const network = networkOf(config)
  const step = jit(
    ({ images, weights }: { readonly images: tf.Tensor; readonly weights: Weights }) => ({
      found: network.encodeImages(images, weights).embeddings,
    }),
    { engine: await chooseEngine('cpu', 1) },
  )
  const { found } = await step({ images, weights })
  const copy = floatsOf(found).slice()
  await step.dispose()
  return copy
}

test("a model's own normalisation is that of its constants, whatever batches are normalised by", async () => {
  const [mean, deviation] = [
    [0.5, 0.4, 0.3],
    [0.5, 0.25, 0.2],
  ]
  const batch = imageBatch(pixels, { size: 16, start: 0, batchSize: 2 })
  const own = floatsOf(batch).map((_, i) => {
    const [channel, image, at] = [Math.floor(i / 256) % 3, Math.floor(i / 768), i % 256]
    return ((pixels[image * 768 + at * 3 + channel] ?? 0) / 255 - (mean[channel] ?? 0)) / (deviation[channel] ?? 1)
  })
  const plain = await embeddings(clipConfig, batch)
  const found = await embeddings({ ...clipConfig, mean, deviation }, batch)
  // What is normalised by hand goes through a model whose constants change nothing.
  assert.ok(relativeError(found, await embeddings(clipConfig, floats(own, batch.shape))) < 1e-5)
  assert.ok(relativeError(found, plain) > 1e-3)
  assert.equal(
    await embeddings({ ...clipConfig, mean: [...channelMean], deviation: [...channelDeviation] }, batch),
    plain,
  )
})

test('blocks of CLIP that are computed again give the same losses and gradients', async () => {
  const tokens = Int32Array.from({ length: 4 * 16 }, (_, i) =>
    i % 16 === 0 ? 523 : i % 16 === 9 ? 524 : i % 16 > 9 ? 0 : i,
  )
  const images = Float32Array.from({ length: 4 * 768 }, () => random.between(-1, 1))
  const both = [false, true].map(async recompute => {
    const step = jit(
      ({
        images,
        tokens,
        weights,
      }: {
        readonly images: tf.Tensor
        readonly tokens: tf.Tensor
        readonly weights: Weights
      }) => {
        const spec = { config: { ...clipConfig, recompute }, captionWeight: 0 }
        const { value, grads } = gradients(
          () => pairLosses({ images, tokens }, weights, spec).loss,
          Object.values(weights),
        )
        return { value, grads: tf.concat(grads.map(grad => tf.reshape(grad, [-1]))) }
      },
      { engine: await chooseEngine('cpu', 1) },
    )
    const found = await step({ images: floats(images, [4, 3, 16, 16]), tokens: ints(tokens, [4, 16]), weights })
    const [loss, grads] = [floatsOf(found.value)[0] ?? Number.NaN, floatsOf(found.grads).slice()]
    await step.dispose()
    return { loss, grads }
  })
  const [plain, again] = await Promise.all(both)
  assert.ok(plain && again && Math.abs(plain.loss - again.loss) < 1e-6 * plain.loss)
  assert.ok(relativeError(again.grads, plain.grads) < 1e-5)
})

test('a CLIP model goes through a folder unchanged, and is refused where attention pooling is needed', () =>
  inTempFolder(async folder => {
    await writeClip(folder)
    await writeModel(folder, { config: clipConfig, weights, tokenizerFile: `${folder}/clip_tokenizer.json` })
    const model = await readModel(folder)
    assert.equal(model.config, clipConfig)
    assert.equal(Object.keys(model.weights).sort(), Object.keys(weights).sort())
    assert.is(model.network.contextLength, 16)
    assert.throws(() => requireMammut(model, 'Localisation'), /Localisation needs attention pooling .* train a mammut/)
  }))

test.run()
