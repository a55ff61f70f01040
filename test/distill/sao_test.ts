import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'
import { pseudoLabels } from '../../runtime/distill/pseudo_labels.ts'
import { regionSums } from '../../runtime/distill/region_loss.ts'
import { averageWindows, margins, windowCoverage, windowEmbeddings, windowStarts } from '../../runtime/distill/sao.ts'
import { chooseEngine, floats, floatsOf, ints, jit, type NdArray, tf } from '../../runtime/engine/mod.ts'
import { gridSide } from '../../runtime/model/config.ts'
import { initialWeights } from '../../runtime/model/initialise.ts'
import { embedImage, imageTokens } from '../../runtime/model/mammut.ts'
import { relativeError } from '../support.ts'
import { tinyMammut } from '../tiny_models.ts'

const config = tinyMammut({ patchSize: 4, vision: { width: 24 }, text: { layers: 1 }, embedDim: 12, mlpRatio: 4 })
const side = gridSide(config)
const random = createRandom(5, 'sao test')
const images = floats(
  Float32Array.from({ length: 2 * 3 * 256 }, () => random.between(-2, 2)),
  [2, 3, 16, 16],
)
const texts = (rows: number) =>
  ints(
    Int32Array.from(
      { length: rows * 6 },
      (_, i) => [1, 3 + random.below(17), 3 + random.below(17), 2, 0, 0][i % 6] ?? 0,
    ),
    [rows, 6],
  )
const queries = [{ prompts: texts(2), against: texts(3) }]
const weights = initialWeights(config, 2)

type Values = Record<string, tf.Tensor>
type Inputs = { images: tf.Tensor; weights: Values; queries: { prompts: tf.Tensor; against: tf.Tensor }[] }

async function run(step: (inputs: Inputs) => Record<string, tf.Tensor>): Promise<Record<string, NdArray>> {
  const compiled = jit(step, { engine: await chooseEngine('cpu') })
  const result = await compiled({ images, weights, queries })
  await compiled.dispose()
  return result
}

const close = (a: NdArray | undefined, b: NdArray | undefined) => {
  if (a === undefined || b === undefined) throw new Error('A step left a result out')
  assert.ok(relativeError(floatsOf(a), floatsOf(b)) < 1e-5)
}

test('windows touch both edges, whatever the stride', () => {
  assert.equal(windowStarts(8, { window: 3, stride: 1 }), [0, 1, 2, 3, 4, 5])
  assert.equal(windowStarts(8, { window: 3, stride: 2 }), [0, 2, 4, 5])
  assert.equal(windowStarts(4, { window: 4, stride: 1 }), [0])
  assert.throws(() => windowStarts(4, { window: 5, stride: 1 }), /window of 5 patches does not fit/)
  assert.throws(() => windowStarts(8, { window: 2, stride: 3 }), /leave gaps/)
})

test('every window covers its patches and every patch is covered', () => {
  const { windows, cover } = windowCoverage(8, { window: 3, stride: 2 })
  for (let w = 0; w < windows; w++)
    assert.is(
      cover.subarray(w * 64, (w + 1) * 64).reduce((a, b) => a + b),
      9,
    )
  for (let p = 0; p < 64; p++) assert.ok(Array.from({ length: windows }, (_, w) => cover[w * 64 + p]).includes(1))
})

test('a window over the whole grid is attention pooling of the image', async () => {
  const { whole, image } = await run(({ images, weights }) => {
    const tokens = imageTokens(images, weights, config)
    const spec = { window: side, stride: 1 }
    return { whole: windowEmbeddings(tokens, weights, { config, spec }), image: embedImage(tokens, weights, config) }
  })
  close(whole, image)
})

test('SAO scores a patch by the mean of the windows over it', async () => {
  const spec = { window: 2, stride: 1 }
  const { map, windows } = await run(({ images, weights, queries }) => {
    const scored = margins(
      windowEmbeddings(imageTokens(images, weights, config), weights, { config, spec }),
      queries,
      weights,
      config,
    )
    return { map: averageWindows(scored, { config, spec }), windows: scored }
  })
  if (map === undefined || windows === undefined) throw new Error('A step left a result out')
  const [patches, scores] = [floatsOf(map), floatsOf(windows)]
  // Row 1, column 2 of the second image lies under windows at rows 0 and 1, columns 1 and 2 of a 3 by 3 lattice.
  const own = [1, 2, 4, 5].map(window => scores[9 + window] ?? Number.NaN)
  assert.ok(Math.abs((patches[16 + 4 + 2] ?? 0) - own.reduce((a, b) => a + b) / 4) < 1e-6)
})

test('pseudo-labels follow the sign and leave out what is near it', () => {
  const { labels, certain, positive, taught } = pseudoLabels(Float32Array.of(1, -1, 0.1, -3, 2, 0.05), {
    concepts: 1,
    margin: 0.25,
  })
  assert.equal([...labels], [1, 0, 1, 0, 1, 1])
  assert.equal([...certain], [1, 1, 0, 1, 1, 0])
  assert.equal([positive[0], taught[0]], [4 / 6, 4 / 6])
})

test('the region loss is ln 2 at margins of zero and ignores patches that are not certain', async () => {
  const { none, wrong } = await run(({ images, weights, queries }) => {
    const tokens = imageTokens(images, weights, config)
    const shape = [2, side * side, 1]
    const same = queries.map(({ prompts }) => ({
      prompts: tf.slice(prompts, [0, 0], [1, 6]),
      against: tf.slice(prompts, [0, 0], [1, 6]),
    }))
    const loss = (certain: tf.Tensor) => {
      const { sum, count } = regionSums(tokens, { labels: tf.ones(shape), certain }, weights, { config, queries: same })
      return tf.div(sum, tf.maximum(count, 1))
    }
    return { none: loss(tf.zeros(shape)), wrong: loss(tf.ones(shape)) }
  })
  assert.is(floatsOf(none ?? images)[0], 0)
  assert.ok(Math.abs((floatsOf(wrong ?? images)[0] ?? 0) - Math.LN2) < 1e-5)
})

test.run()
