import { createReadStream } from 'node:fs'
import { open, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text as readText } from 'node:stream/consumers'
import tar from 'tar-stream'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  createDataset,
  deriveDataset,
  loadMasks,
  loadPixels,
  readIndex,
  readPixels,
  readSamples,
} from '../../runtime/data/dataset.ts'
import { encodeJpeg, encodePng } from '../../runtime/data/image.ts'
import type { SampleFiles } from '../../runtime/data/sample.ts'
import { inTempFolder } from '../support.ts'

const SIDE = 16

async function makeSample(number: number, split: string): Promise<SampleFiles> {
  const data = new Uint8Array(SIDE * SIDE * 3).fill(number * 20)
  const half = new Uint8Array(SIDE * SIDE).fill(255, 0, (SIDE * SIDE) / 2)
  return {
    key: `s-${number}`,
    split,
    captions: [`A caption with "quotes", number ${number}`, 'ünïcode'],
    label: 'lake',
    group: `Lake ${number}`,
    ...(number % 2 === 0 && { lon: number, lat: -number / 3, groundKm: 400 }),
    ...(number === 1 && { overhead: false }),
    masks: ['water'],
    facts: { share: 0.5, kind: 'lake', inside: ['one', 'two'] },
    image: await encodeJpeg({ data, width: SIDE, height: SIDE, channels: 3 }, 92),
    maskFiles: { water: await encodePng({ data: half, width: SIDE, height: SIDE, channels: 1 }) },
  }
}

async function makeDataset(folder: string): Promise<readonly SampleFiles[]> {
  const samples = await Promise.all([0, 1, 2, 3].map(i => makeSample(i, i < 3 ? 'train' : 'test')))
  const writer = await createDataset(folder)
  for (const sample of samples) await writer.add(sample)
  assert.equal(await writer.close(), { samples: 4 })
  return samples
}

async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

const messageOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    fault => fault.message,
  )

test('a dataset gives back what was written, in order, by split', () =>
  inTempFolder(async folder => {
    const samples = await makeDataset(folder)
    const read: SampleFiles[] = []
    for await (const { image, maskFiles, ...sample } of readSamples(folder)) {
      read.push({ ...sample, image: new Uint8Array(image), maskFiles })
    }
    assert.equal(
      read.map(({ maskFiles: _, image, ...sample }) => ({ ...sample, image: Buffer.from(image).toString('hex') })),
      samples.map(({ maskFiles: _, image, ...sample }) => ({ ...sample, image: Buffer.from(image).toString('hex') })),
    )
    assert.equal(
      (await readIndex(folder, 'test')).map(sample => sample.key),
      ['s-3'],
    )
  }))

test('pixels and masks load at the stored and at another size', () =>
  inTempFolder(async folder => {
    await makeDataset(folder)
    const { pixels, samples } = await loadPixels(folder, { size: 8, split: 'train' })
    assert.is(samples.length, 3)
    assert.is(pixels.length, 3 * 8 * 8 * 3)
    assert.ok(Math.abs((pixels[8 * 8 * 3 * 2] ?? 0) - 40) < 3)
    const masks = await loadMasks(folder, { name: 'water', size: SIDE })
    assert.is(masks.length, 4 * SIDE * SIDE)
    assert.is(
      masks.reduce((sum, value) => sum + value, 0),
      2 * SIDE * SIDE,
    )
    assert.match(
      await messageOf(loadMasks(folder, { name: 'snow', size: SIDE })),
      "Sample 's-0' in shards/000000.tar has no mask 'snow'; its masks: 'water'",
    )
  }))

test('pixels come in blocks, the same as all at once', () =>
  inTempFolder(async folder => {
    await makeDataset(folder)
    const blocks = await collect(readPixels(folder, { size: 8, block: 3 }))
    assert.equal(
      blocks.map(({ samples }) => samples.length),
      [3, 1],
    )
    const { pixels } = await loadPixels(folder, { size: 8 })
    assert.equal(Buffer.concat(blocks.map(block => block.pixels)), Buffer.from(pixels))
    const odd = await collect(readPixels(folder, { size: 8, only: ({ key }) => key === 's-1' || key === 's-3' }))
    assert.equal(
      odd.flatMap(({ samples }) => samples.map(({ key }) => key)),
      ['s-1', 's-3'],
    )
  }))

test('any tar reader can read a shard', () =>
  inTempFolder(async folder => {
    await makeDataset(folder)
    const names: string[] = []
    const extract = tar.extract()
    createReadStream(join(folder, 'shards/000000.tar')).pipe(extract)
    for await (const entry of extract) {
      names.push(entry.header.name)
      assert.is(entry.header.mtime?.getTime(), 0)
      const text = await readText(entry)
      if (entry.header.name === 's-1.json') assert.is(JSON.parse(text).captions.length, 2)
    }
    assert.equal(names.slice(0, 3), ['s-0.jpg', 's-0.json', 's-0.water.png'])
    assert.is(names.length, 12)
  }))

test('the same samples give the same bytes', () =>
  inTempFolder(async folder => {
    for (const name of ['a', 'b']) await makeDataset(join(folder, name))
    for (const file of ['index.parquet', 'shards/000000.tar']) {
      assert.ok((await readFile(join(folder, 'a', file))).equals(await readFile(join(folder, 'b', file))), file)
    }
  }))

test('a derived dataset shares shards and has captions of its own', () =>
  inTempFolder(async folder => {
    const [parent, child] = [join(folder, 'parent'), join(folder, 'child')]
    await makeDataset(parent)
    const rows = (await readIndex(parent)).slice(1, 3).reverse()
    await deriveDataset(
      parent,
      child,
      rows.map(row => ({ ...row, captions: ['new'] })),
    )
    assert.equal(
      (await readIndex(child)).map(({ key, captions }) => [key, ...captions]),
      [
        ['s-2', 'new'],
        ['s-1', 'new'],
      ],
    )
    const inodes = await Promise.all([parent, child].map(at => stat(join(at, 'shards/000000.tar'))))
    assert.is(inodes[0]?.ino, inodes[1]?.ino)
    assert.is((await readIndex(parent)).length, 4)
    const { samples, pixels } = await loadPixels(child, { size: SIDE })
    assert.is(samples.length, 2)
    assert.ok((pixels[0] ?? 0) > (pixels[SIDE * SIDE * 3] ?? 0))
    assert.match(await messageOf(deriveDataset(parent, child, [])), 'No sample of the dataset in')
  }))

test('a corrupt image is named with its shard', () =>
  inTempFolder(async folder => {
    const [sample] = await makeDataset(folder)
    const shard = await open(join(folder, 'shards/000000.tar'), 'r+')
    await shard.write(Buffer.alloc((sample?.image.length ?? 0) - 200), 0, undefined, 512 + 200)
    await shard.close()
    assert.match(await messageOf(loadPixels(folder, { size: 8 })), "Cannot read image 's-0' in shards/000000.tar: ")
  }))

test('a shard cut short is named with the sample it ends in', () =>
  inTempFolder(async folder => {
    await makeDataset(folder)
    await truncate(join(folder, 'shards/000000.tar'), 600)
    assert.match(await messageOf(loadPixels(folder, { size: 8 })), "Shard shards/000000.tar ends inside sample 's-0'")
  }))

test('folders that hold no dataset, and splits that hold no sample, are refused by name', () =>
  inTempFolder(async folder => {
    assert.match(await messageOf(readIndex(folder)), `No dataset in ${folder}`)
    await writeFile(join(folder, 'index.parquet'), 'no parquet at all')
    assert.match(await messageOf(readIndex(folder)), 'is no Parquet file')
    const empty = await createDataset(join(folder, 'empty'))
    assert.match(await messageOf(empty.close()), 'No samples were made')
    await makeDataset(join(folder, 'full'))
    assert.match(
      await messageOf(readIndex(join(folder, 'full'), 'val')),
      "no sample in split 'val'; its splits are 'test', 'train'",
    )
  }))

test('keys that break file names or repeat are refused', () =>
  inTempFolder(async folder => {
    const writer = await createDataset(folder)
    const sample = await makeSample(1, '')
    await writer.add(sample)
    assert.match(await messageOf(writer.add(sample)), "key 's-1' is given twice")
    assert.match(await messageOf(writer.add({ ...sample, key: 'a.b' })), "key 'a.b' does not fit")
    assert.match(
      await messageOf(writer.add({ ...sample, key: 'x', image: Buffer.from('GIF89a') })),
      'neither JPEG nor PNG',
    )
  }))

test('a bounded load takes samples at even steps, masks and images alike', () =>
  inTempFolder(async folder => {
    await makeDataset(folder)
    const { samples } = await loadPixels(folder, { size: 8, atMost: 2 })
    assert.equal(
      samples.map(sample => sample.key),
      ['s-0', 's-2'],
    )
    assert.is((await loadMasks(folder, { size: 8, name: 'water', atMost: 3 })).length, 3 * 64)
    assert.is((await loadMasks(folder, { size: 8, name: 'water', atMost: 9 })).length, 4 * 64)
  }))

test.run()
