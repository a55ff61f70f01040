import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'
import { bootstrap } from '../../runtime/evaluate/bootstrap.ts'
import { intervalsOf } from '../../runtime/evaluate/confidence.ts'
import { retrievalContributions } from '../../runtime/evaluate/intervals.ts'
import { percent } from '../../runtime/evaluate/percent.ts'
import { recallNames, recallsOf, retrieval } from '../../runtime/evaluate/retrieval.ts'
import { retrievalChance } from '../../runtime/evaluate/retrieval_bounds.ts'
import { tieRules } from '../../runtime/evaluate/ties.ts'
import { sharedPath, testWithShared } from '../support.ts'
import { apart, bruteForce, ownersOf } from './oracle.ts'

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
      block: fc.record({ rows: fc.integer({ min: 1, max: 5 }), columns: fc.integer({ min: 1, max: 9 }) }),
    }),
  )
  .map(({ captions, block, ...embeddings }) => ({
    block,
    input: { ...embeddings, owner: ownersOf(captions), dim: 4 },
  }))

const threads = 1

test('ranks equal those of sorting the whole gallery, with ties told apart, however blocks fall', () =>
  fc.assert(
    fc.asyncProperty(cases, async ({ input, block }) => {
      assert.equal(await retrieval(input, { threads, block }), bruteForce(input))
    }),
    { numRuns: 150, seed: 1 },
  ))

test('positive factors change no rank', () =>
  fc.assert(
    fc.asyncProperty(cases, async ({ input }) => {
      const scaled = { ...input, images: input.images.map(value => value * 4), texts: input.texts.map(v => v / 8) }
      assert.equal(await retrieval(scaled, { threads }), await retrieval(input, { threads }))
    }),
    { numRuns: 30, seed: 2 },
  ))

/** A gallery of a middling model: captions near their image, many of them said twice, some off by one bit. */
function gallery(images: number, dim: number) {
  const random = createRandom(5, 'gallery')
  const captions = Array.from({ length: images }, () => 1 + random.below(8))
  const owner = ownersOf(captions)
  const noise = (scale: number) => Float32Array.from({ length: dim }, () => scale * (random.next() + random.next() - 1))
  const pictures = Array.from({ length: images }, () => noise(1))
  const texts: Float32Array[] = []
  for (const image of owner) {
    const said = texts.length > 0 && random.chance(0.3) ? random.pick(texts) : undefined
    const shift = noise(0.8)
    const text = said?.slice() ?? (pictures[image] ?? shift).map((value, k) => value + (shift[k] ?? 0))
    if (said && random.chance(0.5)) text[random.below(dim)] = Math.fround((text[0] ?? 0) * (1 + 2 ** -23))
    if (said && random.chance(0.5)) for (let k = 0; k < dim; k++) text[k] = 3 * (said[k] ?? 0)
    texts.push(text)
  }
  const flat = (rows: readonly Float32Array[]) => Float32Array.from(rows.flatMap(row => [...row]))
  return { images: flat(pictures), texts: flat(texts), owner, dim }
}

test('a gallery of many blocks, with captions that are equal or nearly so, is ranked as by brute force', async () => {
  const input = gallery(300, 48)
  const expected = bruteForce(input)
  for (const block of [
    { rows: 64, columns: 500 },
    { rows: 300, columns: 7 },
  ]) {
    assert.equal(await retrieval(input, { threads: 2, block }), expected)
  }
})

test('equal embeddings tie exactly wherever they stand', async () => {
  const dim = 37
  const row = Float32Array.from({ length: dim }, (_, k) => Math.sin(k + 1))
  const repeat = (rows: number) => Float32Array.from({ length: rows * dim }, (_, index) => row[index % dim] ?? 0)
  const owner = Int32Array.from({ length: 130 }, (_, text) => text % 65)
  for (const block of [
    { rows: 512, columns: 4096 },
    { rows: 7, columns: 13 },
  ]) {
    const input = { images: repeat(65), texts: repeat(130), owner, dim }
    const ranks = await retrieval(input, { threads, block })
    assert.equal([new Set(ranks.image.tied), new Set(ranks.image.own)], [new Set([128]), new Set([2])])
    assert.equal(new Set(ranks.text.tied), new Set([64]))
    assert.is(recallsOf(ranks, 'against').mean_recall, 0)
    assert.is(recallsOf(ranks, 'for').mean_recall, 100)
    assert.equal(
      recallsOf(ranks, 'expected').i2t_r5,
      percent(1 - (128 * 127 * 126 * 125 * 124) / (130 * 129 * 128 * 127 * 126)),
    )
    assert.equal(recallsOf(ranks, 'expected').t2i_r10, percent(10 / 65))
  }
})

test('the order of images and captions changes no recall', async () => {
  const input = gallery(120, 24)
  const random = createRandom(6, 'order')
  const places = random.shuffle([...Array(120).keys()])
  const order = random.shuffle([...input.owner.keys()])
  const take = (rows: Float32Array, from: readonly number[]) =>
    Float32Array.from(from.flatMap(row => [...rows.subarray(row * 24, (row + 1) * 24)]))
  const shuffled = {
    images: take(input.images, places),
    texts: take(input.texts, order),
    owner: Int32Array.from(order, text => places.indexOf(input.owner[text] ?? 0)),
    dim: 24,
  }
  const [one, other] = [await retrieval(shuffled, { threads }), await retrieval(input, { threads })]
  for (const rule of tieRules) assert.equal(recallsOf(one, rule), recallsOf(other, rule))
})

test('a perfect model whose captions are shuffled is no better than chance', async () => {
  const images = 400
  const { images: pictures, dim } = gallery(images, 32)
  const owner = ownersOf(new Array<number>(images).fill(5))
  const random = createRandom(7, 'noise')
  const tell = (value: number) => value + 0.02 * (random.next() - 0.5)
  const texts = Float32Array.from(
    [...owner].flatMap(image => [...pictures.subarray(image * dim, (image + 1) * dim)].map(tell)),
  )
  const honest = await retrieval({ images: pictures, texts, owner, dim }, { threads })
  assert.is(recallsOf(honest, 'expected').mean_recall, 100)
  const shuffled = Int32Array.from(random.shuffle([...owner]))
  const fooled = await retrieval({ images: pictures, texts, owner: shuffled, dim }, { threads })
  const chance = retrievalChance(apart(new Array<number>(images).fill(5)), 'expected')
  const units = Array.from({ length: images }, (_, image) => `${image}`)
  const { sums, measures } = retrievalContributions(fooled, { owner: shuffled, ties: 'expected', units, chance })
  const intervals = intervalsOf(bootstrap(sums, measures), { confidence: 0.99 })
  for (const name of recallNames) assert.ok((intervals[name]?.low ?? 100) <= chance[name], name)
  assert.ok((intervals.mean_recall?.high ?? 0) >= chance.mean_recall)
})

test('chance equals the mean over random orders', () => {
  const chance = retrievalChance(apart([1, 2, 5]), 'expected')
  assert.is(chance.i2t_r1.toFixed(9), ((100 * (1 / 8 + 2 / 8 + 5 / 8)) / 3).toFixed(9))
  assert.is(chance.t2i_r1.toFixed(9), (100 / 3).toFixed(9))
  assert.is(chance.t2i_r5, 100)
  assert.is(chance.i2t_r10, 100)
  // Five of eight texts leave out one certain text in 3 of 8 draws, and two certain texts in 3 of 28.
  assert.is(chance.i2t_r5.toFixed(9), ((100 * (5 / 8 + 25 / 28 + 1)) / 3).toFixed(9))
})

test('faults are named', async () => {
  const images = Float32Array.of(1, 0, 0, 1)
  const fault = (faulty: object) =>
    retrieval({ images, texts: images, owner: Int32Array.of(0, 1), dim: 2, ...faulty }, { threads }).then(
      () => 'none',
      (error: Error) => error.message,
    )
  assert.is(await fault({}), 'none')
  assert.match(await fault({ owner: Int32Array.of(0, 0) }), /Image 1 has no caption/)
  assert.match(await fault({ owner: Int32Array.of(0, 2) }), /Text 1 belongs to/)
  assert.match(await fault({ owner: Int32Array.of(0) }), /one owner for each/)
  assert.match(await fault({ texts: Float32Array.of(1, Number.NaN, 0, 1) }), /not finite/)
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
    const recalls = recallsOf(await retrieval(input, { threads: 2 }), 'against')
    for (const recall of recallNames) assert.is(recalls[recall], expected[recall], recall)
  })
}

test.run()
