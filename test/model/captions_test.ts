import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'
import { chooseEngine, floats, floatsOf, ints, jit } from '../../runtime/engine/mod.ts'
import { type CaptionOptions, createModelCaptioner } from '../../runtime/model/captions.ts'
import { type DecodeInputs, decodeStep, imageKeys } from '../../runtime/model/decode_step.ts'
import { initialWeights } from '../../runtime/model/initialise.ts'
import { affine, hidden } from '../../runtime/model/layers.ts'
import { captionStates, imageTokens, tokenTable } from '../../runtime/model/mammut.ts'
import { imageBatch } from '../../runtime/model/preprocess.ts'
import { drawNucleus, likeliest, type TokenDecoding } from '../../runtime/model/sampling.ts'
import { train } from '../../runtime/train/trainer.ts'
import { relativeError } from '../support.ts'
import { tinyMammut } from '../tiny_models.ts'
import { pairsOf } from '../train/tiny.ts'

const config = tinyMammut({
  vision: { width: 32, layers: 2 },
  text: { width: 32, layers: 3, heads: 4, contextLength: 8, vocabSize: 40 },
  embedDim: 16,
  mlpRatio: 4,
})
const { contextLength, vocabSize } = config.text
const pairs = 16
const random = createRandom(4, 'captions')
const pixels = Uint8Array.from({ length: pairs * 16 * 16 * 3 }, () => random.below(256))
/** Captions of one to six tokens. */
const words = Array.from({ length: pairs }, (_, i) => Array.from({ length: 1 + (i % 6) }, () => 3 + random.below(37)))
const tokens = Int32Array.from(
  words.flatMap(ids => [1, ...ids, 2, ...new Array<number>(contextLength - 2 - ids.length).fill(0)]),
)
/** Captions as the ids that they are made of. */
const tokenizer = { decode: (ids: Iterable<number>) => [...ids].join(' ') }

async function trained() {
  const batch = {
    images: imageBatch(pixels, { size: 16, start: 0, batchSize: pairs }),
    tokens: ints(tokens, [pairs, contextLength]),
    rows: words.map((_, row) => ({ part: 0, row, key: `pair-${row}` })),
  }
  const { weights } = await train({
    engine: await chooseEngine('cpu', 2),
    weights: initialWeights(config, 3),
    optimizer: { beta1: 0.9, beta2: 0.98, weightDecay: 0, clipNorm: 1 },
    schedule: { peak: 3e-3, warmUp: 0.1, steps: 150 },
    objective: pairsOf(config),
    batchSize: pairs,
    loader: { next: () => batch, position: () => ({}), restore: () => {} },
    arrays: ({ images, tokens }) => ({ images, tokens }),
    onStep: () => {},
    signal: new AbortController().signal,
  })
  return { config, weights, tokenizer }
}
const model = await trained()

/** Captions of all images by a captioner that is disposed afterwards. */
async function captionImages(model: Parameters<typeof createModelCaptioner>[0], options: CaptionOptions) {
  const captioner = createModelCaptioner(model, options)
  try {
    return await captioner.caption(pixels)
  } finally {
    await captioner.dispose()
  }
}

const captions = async (decoding: TokenDecoding, batchSize = pairs) =>
  captionImages(model, { engine: await chooseEngine('cpu', 2), batchSize, decoding })
const expected = words.map(ids => ids.join(' '))

test('token by token, logits are those of the pass over whole captions', async () => {
  const engine = await chooseEngine('cpu', 1)
  const weights = initialWeights(config, 9)
  const images = imageBatch(pixels, { size: 16, start: 0, batchSize: pairs })
  type Whole = Pick<DecodeInputs, 'tokens' | 'weights'> & { readonly images: DecodeInputs['tokens'] }
  const whole = jit(
    ({ images, tokens, weights }: Whole) => {
      const states = captionStates(tokens, imageTokens(images, weights, config), weights, config)
      return { logits: affine(states, tokenTable(weights)), image: imageKeys(images, weights, config) }
    },
    { engine },
  )
  const { logits, image } = await whole({ images, tokens: ints(tokens, [pairs, contextLength]), weights })
  const length = contextLength - 1
  const shape = [pairs, 4, length, 8]
  const past = Object.fromEntries(
    Array.from({ length: 3 }, (_, i) => [
      `text.blocks.${i}`,
      { keys: new Float32Array(pairs * length * 32), values: new Float32Array(pairs * length * 32) },
    ]),
  )
  const step = jit((inputs: DecodeInputs) => decodeStep(inputs, config), { engine })
  for (let position = 0; position < length; position++) {
    const found = await step({
      tokens: ints(Int32Array.from({ length: pairs }, (_, row) => tokens[row * contextLength + position] ?? 0)),
      position: ints(Int32Array.of(position)),
      mask: floats(
        Float32Array.from({ length }, (_, at) => (at < position ? 0 : hidden)),
        [1, 1, 1, length],
      ),
      past: Object.fromEntries(
        Object.entries(past).map(([name, { keys, values }]) => [
          name,
          { keys: floats(keys, shape), values: floats(values, shape) },
        ]),
      ),
      image,
      weights,
    })
    for (const [name, { keys, values }] of Object.entries(found.present))
      for (let row = 0; row < pairs * 4; row++) {
        past[name]?.keys.set(floatsOf(keys).subarray(row * 8, row * 8 + 8), (row * length + position) * 8)
        past[name]?.values.set(floatsOf(values).subarray(row * 8, row * 8 + 8), (row * length + position) * 8)
      }
    // Behind a caption's end the whole pass sees padding, which decoding never reads.
    for (const [row, ids] of words.entries()) {
      if (position > ids.length) continue
      const at = (row * length + position) * vocabSize
      const own = floatsOf(found.logits).subarray(row * vocabSize, (row + 1) * vocabSize)
      const error = relativeError(own, floatsOf(logits).subarray(at, at + vocabSize))
      assert.ok(error < 1e-5, `row ${row}, position ${position}: ${error}`)
    }
  }
  await whole.dispose()
  await step.dispose()
})

test('greedy decoding gives the captions that a model was trained on, word for word, whatever the batch', async () => {
  assert.equal(await captions({ kind: 'greedy' }), expected)
  assert.equal(await captions({ kind: 'greedy' }, 5), expected)
})

test('captions that do not end stop at the context length', async () => {
  const untrained = { config, weights: initialWeights(config, 9), tokenizer }
  const engine = await chooseEngine('cpu', 1)
  const found = await captionImages(untrained, { engine, batchSize: 4, decoding: { kind: 'greedy' } })
  for (const caption of found) {
    const ids = caption.split(' ').filter(Boolean).map(Number)
    assert.ok(ids.length <= contextLength - 1)
    assert.ok(ids.every(id => id > 2))
  }
})

test('a nucleus of almost nothing is greedy', async () => {
  assert.equal(await captions({ kind: 'nucleus', topP: 1e-9, temperature: 1, seed: 5 }), expected)
})

test('draws depend on the seed and the number of the image, and not on the batch', async () => {
  const hot = { kind: 'nucleus', topP: 0.95, temperature: 5, seed: 5 } as const
  const found = await captions(hot)
  assert.equal(await captions(hot, 3), found)
  assert.not.equal(await captions({ ...hot, seed: 6 }), found)
  assert.not.equal(found, expected)
  const captioner = createModelCaptioner(model, { engine: await chooseEngine('cpu', 2), batchSize: 4, decoding: hot })
  assert.equal(await captioner.caption(pixels.subarray(6 * 768, 9 * 768), 6), found.slice(6, 9))
  await captioner.dispose()
})

test('a nucleus holds the likeliest ids up to its probability, each drawn as often as its share', () => {
  const probabilities = [0.5, 0.02, 0.25, 0.13, 0.1]
  const logits = Float32Array.from(probabilities, Math.log)
  const draws = createRandom(1, 'draws')
  const counts = new Map<number, number>()
  const total = 20_000
  for (let i = 0; i < total; i++) {
    const id = drawNucleus(logits, { topP: 0.8, temperature: 1 }, { random: draws })
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  assert.equal([...counts.keys()].sort(), [0, 2, 3])
  for (const [id, count] of counts) {
    const share = (probabilities[id] ?? 0) / 0.88
    assert.ok(Math.abs(count / total - share) < 0.02, `${id}: ${count / total}, not ${share}`)
  }
})

test('of equal logits the lowest id is taken, and ids below the first never', () => {
  assert.is(likeliest(Float32Array.of(3, 1, 3)), 0)
  assert.is(likeliest(Float32Array.of(9, 1, 3, 3), 1), 2)
  const random = createRandom(1, 'ties')
  assert.is(drawNucleus(Float32Array.of(9, 1, 3, 3), { topP: 0.1, temperature: 1 }, { random, first: 1 }), 2)
})

test.run()
