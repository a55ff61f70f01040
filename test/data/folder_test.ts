import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseCaptionTable } from '../../runtime/data/caption_table.ts'
import { className, type FolderOptions, listFolder, readFolder } from '../../runtime/data/folder.ts'
import { decodeImage, encodeJpeg } from '../../runtime/data/image.ts'
import type { SampleFiles } from '../../runtime/data/sample.ts'
import { inTempFolder, sharedPath, testWithShared } from '../support.ts'

const options: FolderOptions = {
  captions: undefined,
  tileSize: 16,
  val: 0,
  test: 0,
  maxCorrupt: 0,
  seed: 1,
  warn: () => {},
}

const picture = (shade: number) => {
  const data = Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => (i * shade) % 251)
  return encodeJpeg({ data, width: 40, height: 30, channels: 3 }, 90)
}

async function put(folder: string, files: { readonly [name: string]: string | Uint8Array }): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
}

async function read(folder: string, changes: Partial<FolderOptions> = {}): Promise<readonly SampleFiles[]> {
  const samples: SampleFiles[] = []
  for await (const sample of readFolder(folder, { ...options, ...changes })) samples.push(sample)
  return samples
}

async function messageOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return 'no error'
}

test('reads CSV with quotes, commas, doubled quotes, line breaks, a byte order mark and either line ending', () => {
  const csv = '\ufeffid,caption,image\r\n1,"a ""big"", long\nlake",a.jpg\r\n\r\n2,desert,"b,c.jpg"'
  assert.equal(parseCaptionTable(csv, 'captions.csv'), [
    { image: 'a.jpg', caption: 'a "big", long\nlake', line: 2 },
    { image: 'b,c.jpg', caption: 'desert', line: 5 },
  ])
})

test('names the line of a wrong row', () => {
  const csv = (rows: string) => () => parseCaptionTable(`image,caption\n${rows}`, 'c.csv')
  assert.throws(csv('a.jpg,lake\nb.jpg,"open'), /c\.csv line 3 has a stray or unclosed quote/)
  assert.throws(csv('a.jpg,x"y"'), /c\.csv line 2 has a stray or unclosed quote/)
  assert.throws(csv('a.jpg,lake\nb.jpg'), /c\.csv line 3 has no caption for 'b\.jpg'/)
  assert.throws(csv(',lake'), /c\.csv line 2 names no image/)
  assert.throws(
    () => parseCaptionTable('file,text\na,b', 'c.csv'),
    /no column 'image' in its first line \(file, text\)/,
  )
  const jsonl = '{"image":"a.jpg","caption":"lake"}\n\n{"image":'
  assert.throws(() => parseCaptionTable(jsonl, 'c.jsonl'), /c\.jsonl line 3 is not JSON/)
  assert.throws(() => parseCaptionTable('', 'c.txt'), /neither \.csv nor \.jsonl/)
})

test('joins the captions of an image, finds images by path or by bare name, and stores squares', () =>
  inTempFolder(async folder => {
    const csv = 'image,caption\nb.jpg,a lake\nx/a.jpg,a desert\nb.jpg,water'
    await put(folder, { 'captions.csv': csv, 'x/a.jpg': await picture(3), 'Images/b.jpg': await picture(5) })
    const samples = await read(folder, { captions: 'captions.csv' })
    assert.equal(
      samples.map(({ group, captions, split }) => ({ group, captions, split })),
      [
        { group: 'Images/b.jpg', captions: ['a lake', 'water'], split: 'train' },
        { group: 'x/a.jpg', captions: ['a desert'], split: 'train' },
      ],
    )
    const { width, height } = await decodeImage(samples[0]?.image ?? new Uint8Array(), { name: 'first' })
    assert.equal([width, height], [16, 16])
  }))

test('takes captions and labels from class folders, and holds out the same share of each class', () =>
  inTempFolder(async folder => {
    for (const kind of ['AnnualCrop', 'sea_lake']) {
      for (let i = 0; i < 5; i++) await put(folder, { [`${kind}/${i}.jpg`]: await picture(i + 2) })
    }
    const samples = await read(folder, { test: 0.2, val: 0.2 })
    const splitsOf = (label: string) => samples.filter(s => s.label === label).map(s => s.split)
    for (const label of ['annual crop', 'sea lake']) {
      assert.equal(splitsOf(label).sort(), ['test', 'train', 'train', 'train', 'val'])
    }
    assert.equal(samples[0]?.captions, ['annual crop'])
    const again = await read(folder, { test: 0.2, val: 0.2 })
    assert.equal(again, samples)
    assert.is(className('HerbaceousVegetation'), 'herbaceous vegetation')
  }))

test('names what is missing: the folder, images, the table, an image of a row', () =>
  inTempFolder(async folder => {
    assert.match(await messageOf(listFolder(join(folder, 'none'), undefined)), /none cannot be read/)
    assert.match(await messageOf(listFolder(folder, undefined)), /holds no images/)
    await put(folder, { 'a.jpg': await picture(3), 'captions.csv': 'image,caption\na.jpg,lake\nz.jpg,sea' })
    assert.match(
      await messageOf(listFolder(folder, undefined)),
      /'a\.jpg' lies in no class folder.*captions: captions\.csv/,
    )
    assert.match(await messageOf(listFolder(folder, 'c.csv')), /holds no captions file 'c\.csv'/)
    assert.match(await messageOf(listFolder(folder, 'captions.csv')), /captions\.csv line 3 names image 'z\.jpg'/)
    await put(folder, { 'captions.csv': 'image,caption\n../a.jpg,lake' })
    assert.match(await messageOf(listFolder(folder, 'captions.csv')), /'\.\.\/a\.jpg', which is not in/)
  }))

test('fails on a truncated JPEG, or skips it with a warning where max_corrupt allows', () =>
  inTempFolder(async folder => {
    const whole = await picture(3)
    await put(folder, { 'lake/a.jpg': whole, 'lake/cut.jpg': whole.subarray(0, whole.length / 2) })
    assert.match(await messageOf(read(folder)), /'lake\/cut\.jpg'.*raise max_corrupt \(1 unreadable so far/)
    const warnings: string[] = []
    const samples = await read(folder, { maxCorrupt: 1, warn: message => warnings.push(message) })
    assert.equal(
      samples.map(sample => sample.group),
      ['lake/a.jpg'],
    )
    assert.is(warnings.length, 1)
    assert.match(warnings[0] ?? '', /Skipped: .*'lake\/cut\.jpg'/)
  }))

testWithShared(test, 'data/flickr8k_1000', 'reads Flickr8k: 1,000 images with five captions each', async () => {
  const entries = await listFolder(sharedPath('data/flickr8k_1000'), 'captions.csv')
  assert.is(entries.length, 1000)
  assert.ok(entries.every(entry => entry.captions.length === 5))
})

testWithShared(test, 'data/eurosat', 'reads EuroSAT: ten classes', async () => {
  const entries = await listFolder(sharedPath('data/eurosat/test'), undefined)
  assert.is(new Set(entries.map(entry => entry.label)).size, 10)
})

test.run()
