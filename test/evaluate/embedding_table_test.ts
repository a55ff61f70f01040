import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { asyncBufferFromFile, parquetMetadata, parquetReadObjects } from 'hyparquet'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createDataset } from '../../runtime/data/dataset.ts'
import { encodePng } from '../../runtime/data/image.ts'
import { createRandom } from '../../runtime/data/random.ts'
import { createEmbedder, embedImages, embedTexts } from '../../runtime/evaluate/embed.ts'
import { writeEmbeddings } from '../../runtime/evaluate/embedding_table.ts'
import { storeCaptions, storeImages } from '../../runtime/evaluate/stored_embeddings.ts'
import { inTempFolder } from '../support.ts'
import { tinyModel } from './tiny_model.ts'

const model = tinyModel()
const engine = { name: 'cpu', provider: 'cpu', threads: 1 } as const
const options = { engine, batchSize: 2 }
const area = 16 * 16 * 3
const random = createRandom(2, 'images')
const images = Array.from({ length: 5 }, () => Uint8Array.from({ length: area }, () => random.below(256)))
const pixels = Uint8Array.from(images.flatMap(image => [...image]))
const captions = [['a lake'], [], ['a river', 'by a lake'], ['lake'], ['a', 'b', 'a lake']]
const splits = ['train', 'test', 'test', 'train', 'test'] as const

async function* blocks() {
  yield { pixels }
}

const near = (actual: ArrayLike<number>, expected: ArrayLike<number>): void => {
  assert.is(actual.length, expected.length)
  for (let i = 0; i < expected.length; i++)
    assert.ok(Math.abs((actual[i] ?? 9) - (expected[i] ?? 8)) < 1e-6, `[${i}] is ${actual[i]}, not ${expected[i]}`)
}

test('texts are embedded in batches, each as it is alone', async () => {
  const texts = ['a lake', 'a river', 'lake']
  const progress: string[] = []
  const all = await embedTexts(model, texts, { ...options, onDone: (done, total) => progress.push(`${done}/${total}`) })
  assert.equal([all.length, progress], [24, ['2/3', '3/3']])
  for (const [i, text] of texts.entries()) {
    const alone = await embedTexts(model, [text], { ...options, batchSize: 1 })
    near(all.subarray(i * 8, (i + 1) * 8), alone)
    assert.ok(Math.abs(Math.hypot(...alone) - 1) < 1e-5)
  }
  assert.ok(Math.abs((all[0] ?? 0) - (all[8] ?? 0)) > 1e-4, 'texts differ')
})

test('features are those before the projection', async () => {
  const embedder = createEmbedder(model, options)
  const { features, embeddings } = await embedder.images(pixels)
  await embedder.dispose()
  assert.equal([features.length, embeddings.length], [5 * 16, 5 * 8])
  const projection = model.weights['visual.proj']?.data ?? []
  for (let image = 0; image < 5; image++) {
    const row = Array.from({ length: 8 }, (_, k) => {
      let sum = 0
      for (let i = 0; i < 16; i++) sum += (features[image * 16 + i] ?? 0) * Number(projection[i * 8 + k])
      return sum
    })
    near(
      embeddings.subarray(image * 8, (image + 1) * 8),
      row.map(value => value / Math.hypot(...row)),
    )
  }
})

test('an embedder takes fewer images than a batch, and more', async () => {
  const embedder = createEmbedder(model, { ...options, batchSize: 4 })
  const [one, all] = [await embedder.images(pixels.subarray(0, area)), await embedder.images(pixels)]
  await embedder.dispose()
  for (const name of ['embeddings', 'features'] as const) near(all[name].subarray(0, one[name].length), one[name])
})

/** Embeddings of a dataset as stages store them, and the table that is made of them. */
async function tableOf(folder: string, { split, groupRows }: { readonly split?: string; readonly groupRows?: number }) {
  const [file, images, captions] = [join(folder, 'x.parquet'), join(folder, 'images'), join(folder, 'captions')]
  const progress: string[] = []
  const storing = {
    ...options,
    weights: 'average' as const,
    onDone: (done: number, all: number) => progress.push(`${done}/${all}`),
  }
  for (const out of [images, captions]) await mkdir(out, { recursive: true })
  await storeImages(model, { folder, split }, { ...storing, out: images })
  await storeCaptions(model, { folder, split }, { ...storing, out: captions, cleaning: 'none' })
  const written = { file, ...(groupRows !== undefined && { groupRows }) }
  const counts = await writeEmbeddings({ images, captions }, written)
  return { file, counts, progress }
}

test('the table has a row for each image and caption of the split, in the order of the index', () =>
  inTempFolder(async folder => {
    const dataset = await createDataset(folder)
    for (const [i, data] of images.entries()) {
      const image = await encodePng({ data, width: 16, height: 16, channels: 3 })
      const key = `s${i}`
      const rest = { label: '', group: key, masks: [], facts: {}, image, maskFiles: {} }
      await dataset.add({ key, split: splits[i] ?? 'train', captions: captions[i] ?? [], ...rest })
    }
    await dataset.close()
    for (const [split, members] of [
      ['test', [1, 2, 4]],
      [undefined, [0, 1, 2, 3, 4]],
    ] as const) {
      const { file, counts, progress } = await tableOf(folder, { ...(split && { split }) })
      const rows = await parquetReadObjects({ file: await asyncBufferFromFile(file) })
      const expected = members.flatMap(i => [
        { key: `s${i}`, kind: 'image', caption: null },
        ...(captions[i] ?? []).map(caption => ({ key: `s${i}`, kind: 'text', caption })),
      ])
      assert.equal(
        rows.map(({ embedding: _, ...row }) => row),
        expected,
      )
      assert.equal(counts, { images: members.length, texts: expected.length - members.length })
      assert.ok(progress.includes(`${members.length}/${members.length}`))
      assert.is(progress.at(-1), `${counts.texts}/${counts.texts}`)
      const all = await embedImages(model, blocks(), { ...options, total: 5 })
      for (const { key, kind, caption, embedding } of rows) {
        const i = Number(key.slice(1))
        const own = kind === 'image' ? all.subarray(i * 8, (i + 1) * 8) : await embedTexts(model, [caption], options)
        near(embedding, own)
      }
    }
  }))

test('the columns of the table are those that other tools expect', () =>
  inTempFolder(async folder => {
    const dataset = await createDataset(folder)
    const data = images[0] ?? new Uint8Array(area)
    const image = await encodePng({ data, width: 16, height: 16, channels: 3 })
    const rest = { label: '', group: 'x', masks: [], facts: {}, image, maskFiles: {} }
    for (const key of ['x', 'y']) await dataset.add({ key, split: 'train', captions: ['a', 'b'], ...rest })
    await dataset.close()
    const groupsOf = async (groupRows?: number) => {
      const { file } = await tableOf(folder, { ...(groupRows !== undefined && { groupRows }) })
      return parquetMetadata(await (await asyncBufferFromFile(file)).slice(0))
    }
    const { schema, row_groups: groups, num_rows: rows, created_by: writer } = await groupsOf()
    assert.equal(
      schema.map(({ name, type, repetition_type: repetition, converted_type: converted }) => [
        name,
        type,
        repetition,
        converted,
      ]),
      [
        ['root', undefined, undefined, undefined],
        ['key', 'BYTE_ARRAY', 'REQUIRED', 'UTF8'],
        ['kind', 'BYTE_ARRAY', 'REQUIRED', 'UTF8'],
        ['caption', 'BYTE_ARRAY', 'OPTIONAL', 'UTF8'],
        ['embedding', undefined, 'REQUIRED', 'LIST'],
        ['list', undefined, 'REPEATED', undefined],
        ['element', 'FLOAT', 'REQUIRED', undefined],
      ],
    )
    assert.equal([groups.length, Number(rows), writer], [1, 6, 'terroir'])
    // Rows are written when a group is full, and what is left at the end; nothing is written twice.
    for (const size of [6, 7]) assert.is(Number((await groupsOf(size)).num_rows), 6)
  }))

test('the next block is made before the one before it is embedded, and blocks are closed after a fault', async () => {
  const log: string[] = []
  async function* logged() {
    try {
      for (let i = 0; i < 3; i++) {
        log.push(`made ${i}`)
        yield { pixels: pixels.subarray(i * area, (i + 1) * area) }
      }
    } finally {
      log.push('closed')
    }
  }
  const onDone = (done: number) => void log.push(`done ${done}`)
  await embedImages(model, logged(), { ...options, total: 3, onDone })
  assert.equal(log, ['made 0', 'made 1', 'done 1', 'made 2', 'done 2', 'closed', 'done 3'])
  log.length = 0
  const fault = await embedImages(model, logged(), { ...options, total: 1 }).then(String, String)
  assert.match(fault, 'more than the 1 images')
  assert.equal(log, ['made 0', 'made 1', 'made 2', 'closed'])
})

test.run()
