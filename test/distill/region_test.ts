import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'
import { heatmaps, tokenizeQueries } from '../../runtime/distill/heatmaps.ts'
import { regionSums } from '../../runtime/distill/region_loss.ts'
import { objective } from '../../runtime/distill/region_objective.ts'
import { averageWindows, margins, singlePatch, windowEmbeddings } from '../../runtime/distill/sao.ts'
import { chooseEngine, floats, floatsOf, type HostArray, ints, jit, tf } from '../../runtime/engine/mod.ts'
import { embedImage, embedText, imageTokens } from '../../runtime/model/mammut.ts'
import { imageBatch } from '../../runtime/model/preprocess.ts'
import type { BatchTensors } from '../../runtime/train/objective.ts'
import { errorOf } from '../engine/support.ts'
import { tinyModel } from '../evaluate/tiny_model.ts'

const model = tinyModel()
const { config, weights } = model
const engine = await chooseEngine('cpu', 1)
const random = createRandom(3, 'regions')
const pixels = Uint8Array.from({ length: 3 * 16 * 16 * 3 }, () => random.below(256))
const queries = [
  { prompts: ['a lake', 'a lake by a river'], against: ['a river'] },
  { prompts: ['a river'], against: ['lake', 'a', 'by a lake'] },
]
/** Two by two patches of each image. */
const patches = 4

type Values = Record<string, tf.Tensor>

/** Runs a function of tensors once. */
async function run<T extends Record<string, HostArray>>(
  inputs: T,
  step: (tensors: { readonly [K in keyof T]: tf.Tensor }, weights: Values) => Values,
): Promise<Record<string, Float32Array>> {
  const compiled = jit(({ given, weights: w }: { given: Values; weights: Values }) => step(given as never, w), {
    engine,
  })
  const outputs = await compiled({ given: inputs, weights })
  const copies = Object.entries(outputs).map(([name, array]) => [name, floatsOf(array).slice()] as const)
  await compiled.dispose()
  return Object.fromEntries(copies)
}

const near = (actual: ArrayLike<number> | undefined, expected: readonly number[], most = 1e-5): void => {
  assert.is(actual?.length, expected.length)
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs((actual?.[i] ?? Number.NaN) - value) < most, `[${i}] is ${actual?.[i]}, not ${value}`)
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * (b[i] ?? Number.NaN), 0)

/** Embeddings of single patches [image][patch] and of each prompt. */
async function embeddings() {
  const tokens = tokenizeQueries(model, queries)
  const images = imageBatch(pixels, { size: 16, start: 0, batchSize: 3 })
  const texts = Object.fromEntries(
    tokens.flatMap(({ prompts, against }, i) => [
      [`prompts.${i}`, prompts],
      [`against.${i}`, against],
    ]),
  )
  const found = await run({ images, ...texts }, (given, w) => {
    const { images: batch, ...rest } = given as Values & { images: tf.Tensor }
    const all = imageTokens(batch, w, config)
    const each = Array.from({ length: 3 * patches }, (_, at) => {
      const token = tf.slice(all, [Math.floor(at / patches), at % patches, 0], [1, 1, 16])
      return [`patch.${at}`, embedImage(token, w, config)] as const
    })
    const text = Object.entries(rest).map(([name, ids]) => [name, embedText(ids, w, config)] as const)
    return Object.fromEntries([...each, ...text])
  })
  const rows = (name: string) => {
    const all = found[name] ?? new Float32Array()
    return Array.from({ length: all.length / 8 }, (_, i) => all.subarray(i * 8, (i + 1) * 8))
  }
  return { rows }
}

/** Margins by the definition: cosine to the mean of the prompts, minus the largest cosine to a contrast prompt. */
async function expectedMargins(): Promise<readonly number[]> {
  const { rows } = await embeddings()
  return Array.from({ length: 3 * patches }, (_, at) => {
    const [patch = new Float32Array()] = rows(`patch.${at}`)
    return queries.map((_, i) => {
      const own = rows(`prompts.${i}`)
      const mean = Array.from({ length: 8 }, (_, k) => own.reduce((sum, row) => sum + (row[k] ?? 0), 0) / own.length)
      const cosine = dot(patch, mean) / Math.hypot(...mean)
      return cosine - Math.max(...rows(`against.${i}`).map(row => dot(patch, row)))
    })
  }).flat()
}

const expected = await expectedMargins()
const raw = { engine, queries, window: singlePatch, batchSize: 2 }

test('raw maps hold the margin of every image, patch and concept, in this order, and report each batch', async () => {
  const progress: string[] = []
  const maps = await heatmaps(model, pixels, { ...raw, onImages: (done, total) => progress.push(`${done}/${total}`) })
  near(maps, expected)
  assert.equal(progress, ['2/3', '3/3'])
  near(await heatmaps(model, pixels, { ...raw, batchSize: 1 }), expected)
})

test('a window over the whole grid gives all patches the margin of the image', async () => {
  const maps = await heatmaps(model, pixels, { ...raw, window: { window: 2, stride: 1 } })
  assert.is(maps.length, 3 * patches * 2)
  for (let image = 0; image < 3; image++)
    for (let patch = 1; patch < patches; patch++)
      for (let concept = 0; concept < 2; concept++)
        assert.is(maps[(image * patches + patch) * 2 + concept], maps[image * patches * 2 + concept])
  assert.ok(maps[0] !== maps[patches * 2] && maps[0] !== maps[1], 'images and concepts differ')
})

test('queries become tokens of the context length, one row for each text', () => {
  const [first, second] = tokenizeQueries(model, queries)
  assert.equal(
    [first?.prompts.shape, first?.against.shape],
    [
      [2, 8],
      [1, 8],
    ],
  )
  assert.equal(
    [second?.prompts.shape, second?.against.shape],
    [
      [1, 8],
      [3, 8],
    ],
  )
  assert.equal([first?.prompts.dtype, first?.against.data], ['int32', second?.prompts.data])
})

/** Binary cross-entropy of a margin scaled by the logit scale. */
function entropy(margin: number, label: number): number {
  const scale = Math.exp(weights.logit_scale?.data[0] ?? Number.NaN)
  const p = 1 / (1 + Math.exp(-margin * scale))
  return -(label * Math.log(p) + (1 - label) * Math.log(1 - p))
}

const shape = [3, patches, 2]
const labels = Float32Array.from(expected, (value, i) => (i % 3 === 0 ? (value > 0 ? 0 : 1) : value > 0 ? 1 : 0))
const certain = Float32Array.from(expected, (_, i) => (i % 4 === 1 ? 0 : 1))
const sum = expected.reduce((all, value, i) => all + (certain[i] ?? 0) * entropy(value, labels[i] ?? 0), 0)
const count = certain.reduce((a, b) => a + b)

const batch = {
  images: imageBatch(pixels, { size: 16, start: 0, batchSize: 3 }),
  labels: floats(labels, shape),
  certain: floats(certain, shape),
  tokens: ints(
    Int32Array.from({ length: 24 }, (_, i) => [1, 5, 6, 2, 0, 0, 0, 0][i % 8] ?? 0),
    [3, 8],
  ),
  ...Object.fromEntries(
    tokenizeQueries(model, queries).flatMap(({ prompts, against }, i) => [
      [`prompts.${i}`, prompts],
      [`against.${i}`, against],
    ]),
  ),
}

test('the region loss sums the cross-entropy of certain patches, and counts them', async () => {
  const found = await run(batch, (given, w) => {
    const tensors = given as Values
    const need = (name: string): tf.Tensor => tensors[name] ?? given.images
    const each = queries.map((_, i) => ({ prompts: need(`prompts.${i}`), against: need(`against.${i}`) }))
    const tokens = imageTokens(given.images, w, config)
    return regionSums(tokens, { labels: given.labels, certain: given.certain }, w, { config, queries: each })
  })
  near(found.sum, [sum], 1e-3)
  near(found.count, [count])
})

const spec = { config, captionWeight: 0.5, regionWeight: 3, concepts: 2 }

test('the objective of a round has the region loss at its weight beside the losses of pairs', async () => {
  const means: Record<string, number> = {}
  const found = await run(batch, (given, w) => {
    const parts = objective(spec)(given, w)
    for (const [name, { weight }] of Object.entries(parts.means)) means[name] = weight
    const { region, caption } = parts.means
    if (region === undefined || caption === undefined) throw new Error('A loss is missing')
    return { images: parts.images, texts: parts.texts, sum: region.sum, count: region.count, captions: caption.count }
  })
  assert.equal(means, { caption: 0.5, region: 3 })
  near(found.sum, [sum], 1e-3)
  near(found.count, [count])
  near(found.captions, [9])
  assert.equal([found.images?.length, found.texts?.length], [24, 24])
})

test('a batch without what the region loss needs is an error by name', async () => {
  for (const name of ['labels', 'certain', 'prompts.1', 'against.0']) {
    const { [name]: _, ...lacking }: Record<string, HostArray> = batch
    const message = await errorOf(() =>
      run(lacking, (given, w) => ({ images: objective(spec)(given as BatchTensors, w).images })),
    )
    assert.match(message, `A batch lacks '${name}'`)
  }
})

test('margins of windows are averaged over the windows of a patch, whatever their number', async () => {
  const side = { ...config, imageSize: 24 }
  const windows = Float32Array.of(1, 10, 100, 1000)
  const average = (spec: { window: number; stride: number }, margins: Float32Array) =>
    run({ margins: floats(margins, [1, margins.length, 1]) }, ({ margins: given }) => ({
      map: averageWindows(given, { config: side, spec }),
    }))
  // Windows of two on a grid of three overlap by one: two cover the middle of an edge, four the centre.
  const { map } = await average({ window: 2, stride: 2 }, windows)
  near(map, [1, 5.5, 10, 50.5, 277.75, 505, 100, 550, 1000], 1e-2)
  const same = await average(
    { window: 1, stride: 1 },
    Float32Array.from({ length: 9 }, (_, i) => i),
  )
  assert.equal([...(same.map ?? [])], [0, 1, 2, 3, 4, 5, 6, 7, 8])
})

/** Compares windows of two on a grid of three with attention pooling over their patches, for two images. */
async function checkWindows(tokens: Float32Array): Promise<void> {
  const large = { ...config, imageSize: 24 }
  const found = await run({ tokens: floats(tokens, [2, 9, 16]) }, ({ tokens: given }, w) => {
    const pooled = windowEmbeddings(given, w, { config: large, spec: { window: 2, stride: 1 } })
    // The windows of two on a grid of three, by hand: rows first.
    const members = [
      [0, 1, 3, 4],
      [1, 2, 4, 5],
      [3, 4, 6, 7],
      [4, 5, 7, 8],
    ]
    const each = members.map((patchesOf, i) => {
      const rows = patchesOf.map(patch => tf.slice(given, [0, patch, 0], [2, 1, 16]))
      return [`window.${i}`, embedImage(tf.concat(rows, 1), w, large)] as const
    })
    return { pooled, ...Object.fromEntries(each) }
  })
  for (let image = 0; image < 2; image++)
    for (let window = 0; window < 4; window++)
      near(found.pooled?.subarray((image * 4 + window) * 8, (image * 4 + window + 1) * 8), [
        ...(found[`window.${window}`]?.subarray(image * 8, (image + 1) * 8) ?? []),
      ])
}

test('the embedding of a window is attention pooling over its patches alone', () =>
  checkWindows(Float32Array.from({ length: 2 * 9 * 16 }, () => random.between(-2, 2))))

test('windows are exact where scores differ beyond the exponents of float32', () => {
  // The patch in the middle, which all windows hold, against all others, once at the top of the scores and once at the bottom.
  const direction = Array.from({ length: 16 }, () => random.between(-1, 1))
  const sign = (i: number) => (Math.floor(i / 16) % 9 === 4 ? 1 : -1) * (i < 9 * 16 ? 1 : -1)
  return checkWindows(Float32Array.from({ length: 2 * 9 * 16 }, (_, i) => 2000 * sign(i) * (direction[i % 16] ?? 0)))
})

test('margins compare regions with prompts of any number, concept by concept', async () => {
  const { rows } = await embeddings()
  const regions = Float32Array.from(
    { length: 2 * 8 },
    (_, i) => (rows('against.1')[1]?.[i % 8] ?? 0) * (i < 8 ? 1 : -1),
  )
  const { found } = await run({ regions: floats(regions, [1, 2, 8]), ...batch }, (given, w) => {
    const tensors = given as Values
    const need = (name: string): tf.Tensor => tensors[name] ?? given.images
    const each = queries.map((_, i) => ({ prompts: need(`prompts.${i}`), against: need(`against.${i}`) }))
    return { found: margins(given.regions, each, w, config) }
  })
  const [own = new Float32Array()] = rows('prompts.1')
  const [contrast = new Float32Array()] = [rows('against.1')[1]]
  // The first region is a contrast prompt itself, so the nearest contrast has a cosine of 1.
  assert.ok(Math.abs((found?.[1] ?? 0) - (dot(contrast, own) - 1)) < 1e-5)
})

test.run()
