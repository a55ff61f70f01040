import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { retrievalIntervals } from '../../runtime/evaluate/intervals.ts'
import { recallNames, retrieval, retrievalChance } from '../../runtime/evaluate/retrieval.ts'
import { sharedPath, testWithShared } from '../support.ts'

/** Embeddings of plus and minus one with four dimensions: norms and scores are exact, and ties are many. */
const corners = (rows: number) =>
  fc
    .array(fc.constantFrom(-1, 1), { minLength: rows * 4, maxLength: rows * 4 })
    .map(values => Float32Array.from(values))

const cases = fc
  .array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 12 })
  .chain(captions =>
    fc.record({
      captions: fc.constant(captions),
      images: corners(captions.length),
      texts: corners(captions.reduce((sum, count) => sum + count, 0)),
    }),
  )
  .map(({ captions, images, texts }) => ({
    images,
    texts,
    captions,
    owner: Int32Array.from(captions.flatMap((count, image) => Array.from({ length: count }, () => image))),
    dim: 4,
  }))

/** Sorts each gallery whole, foreign items first among equals, and looks where the own item stands. */
function oracle({ images, texts, owner }: { images: Float32Array; texts: Float32Array; owner: Int32Array }) {
  const score = (image: number, text: number) =>
    [0, 1, 2, 3].reduce((sum, k) => sum + (images[image * 4 + k] ?? 0) * (texts[text * 4 + k] ?? 0), 0)
  const imageIds = [...Array(images.length / 4).keys()]
  const textIds = [...owner.keys()]
  const order = (ids: number[], scoreOf: (id: number) => number, own: (id: number) => boolean) =>
    ids.toSorted((a, b) => scoreOf(b) - scoreOf(a) || Number(own(a)) - Number(own(b)))
  const i2t = imageIds.map(image =>
    order(
      textIds,
      text => score(image, text),
      text => owner[text] === image,
    ).findIndex(text => owner[text] === image),
  )
  const t2i = textIds.map(text =>
    order(
      imageIds,
      image => score(image, text),
      image => owner[text] === image,
    ).indexOf(owner[text] ?? -1),
  )
  return { i2t, t2i }
}

test('ranks equal those of sorting the whole gallery, ties against the model', () => {
  fc.assert(
    fc.property(cases, input => {
      const { imageRanks, textRanks } = retrieval(input)
      const { i2t, t2i } = oracle(input)
      assert.equal([...imageRanks], i2t)
      assert.equal([...textRanks], t2i)
    }),
    { numRuns: 300, seed: 1 },
  )
})

test('positive factors change no rank', () => {
  fc.assert(
    fc.property(cases, input => {
      const scaled = { ...input, images: input.images.map(value => value * 4), texts: input.texts.map(v => v / 8) }
      assert.equal(retrieval(scaled), retrieval(input))
    }),
    { numRuns: 50, seed: 2 },
  )
})

test('equal embeddings tie exactly wherever they stand', () => {
  const dim = 37
  const row = Float32Array.from({ length: dim }, (_, k) => Math.sin(k + 1))
  const repeat = (rows: number) => Float32Array.from({ length: rows * dim }, (_, index) => row[index % dim] ?? 0)
  const owner = Int32Array.from({ length: 130 }, (_, text) => text % 65)
  const { imageRanks, textRanks, recalls } = retrieval({ images: repeat(65), texts: repeat(130), owner, dim })
  assert.equal(new Set(imageRanks), new Set([128]))
  assert.equal(new Set(textRanks), new Set([64]))
  assert.is(recalls.mean_recall, 0)
})

test('chance equals the mean over random orders', () => {
  const chance = retrievalChance(3, [1, 2, 5])
  assert.is(chance.i2t_r1.toFixed(9), ((100 * (1 / 8 + 2 / 8 + 5 / 8)) / 3).toFixed(9))
  assert.is(chance.t2i_r1.toFixed(9), (100 / 3).toFixed(9))
  assert.is(chance.t2i_r5, 100)
  assert.is(chance.i2t_r10, 100)
  // Five of eight texts leave out one certain text in 3 of 8 draws, and two certain texts in 3 of 28.
  assert.is(chance.i2t_r5.toFixed(9), ((100 * (5 / 8 + 25 / 28 + 1)) / 3).toFixed(9))
})

test('intervals hold the recall, are the same for the same seed, and vanish where every image agrees', () => {
  const ranks = { imageRanks: Int32Array.from({ length: 200 }, (_, i) => i % 4), textRanks: new Int32Array(200) }
  const owner = Int32Array.from({ length: 200 }, (_, text) => text)
  const intervals = retrievalIntervals(ranks, owner, { seed: 7 })
  assert.equal(intervals, retrievalIntervals(ranks, owner, { seed: 7 }))
  assert.equal(intervals.t2i_r1, { low: 100, high: 100 })
  const { low, high } = intervals.i2t_r1
  // The standard error of 25 % over 200 images is 3.06 points: the interval is about 12 wide.
  assert.ok(low > 17 && low < 21 && high > 29 && high < 33, `${low} to ${high}`)
})

test('faults are named', () => {
  const images = Float32Array.of(1, 0, 0, 1)
  assert.throws(
    () => retrieval({ images, texts: images, owner: Int32Array.of(0, 0), dim: 2 }),
    /Image 1 has no caption/,
  )
  assert.throws(() => retrieval({ images, texts: images, owner: Int32Array.of(0, 2), dim: 2 }), /Text 1 belongs to/)
  assert.throws(() => retrieval({ images, texts: images, owner: Int32Array.of(0), dim: 2 }), /one owner for each/)
  const broken = Float32Array.of(1, Number.NaN, 0, 1)
  assert.throws(() => retrieval({ images, texts: broken, owner: Int32Array.of(0, 1), dim: 2 }), /not finite/)
})

async function readTensors(path: string) {
  const bytes = await readFile(path)
  const length = Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString())
  const data = (name: string) => {
    const [from, to] = header[name].data_offsets
    return bytes.buffer.slice(bytes.byteOffset + 8 + length + from, bytes.byteOffset + 8 + length + to)
  }
  const owner = header.owner.dtype === 'I64' ? BigInt64Array : Int32Array
  return {
    images: new Float32Array(data('images')),
    texts: new Float32Array(data('texts')),
    owner: Int32Array.from(new owner(data('owner')), Number),
    dim: header.images.shape[1],
  }
}

for (const name of ['retrieval_small', 'retrieval_200']) {
  testWithShared(test, `goldens/${name}`, `recalls equal the reference of ${name}`, async () => {
    const input = await readTensors(sharedPath(`goldens/${name}/case.safetensors`))
    const expected = JSON.parse(await readFile(sharedPath(`goldens/${name}/expected.json`), 'utf8'))
    const { recalls } = retrieval(input)
    for (const recall of recallNames) assert.is(recalls[recall], expected[recall], recall)
  })
}

test.run()
