import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openWebDataset, splitKey, type WebDatasetOptions } from '../../../runtime/data/readers/webdataset.ts'
import { inTempFolder, sharedPath, testWithShared } from '../../support.ts'
import { findAll, makeAll, messageOf, pack, picture, reasonsOf, recordsOf, type TarContent } from './support.ts'

const open = (shards: readonly string[], changes: Partial<WebDatasetOptions> = {}) =>
  openWebDataset({ shards, split: { val: 0, test: 0 }, classNames: { 5: 'a forest' }, seed: 1, ...changes })

test('keys end at the first dot of the name; folders belong to the key', () => {
  assert.equal(splitKey('a.b/c.d/00.seg.PNG'), { key: 'a.b/c.d/00', extension: 'seg.png' })
  assert.equal(splitKey('README'), { key: 'README', extension: '' })
})

test('joins files of one key: captions of JSON and text, classes of JSON and cls, images byte for byte', () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    const first = await pack([
      ['notes.md', 'no sample'],
      ['a/0.jpg', image],
      ['a/0.json', JSON.stringify({ captions: ['a lake', 'water'], label: 'SeaLake' })],
      ['a/0.txt', 'water\n'],
      ['b/0.txt', ' from a text '],
      ['b/0.seg.png', 'a mask, which is not the image'],
      ['b/0.JPEG', image],
      [`${'long/'.repeat(40)}0.jpg`, image],
      [`${'long/'.repeat(40)}0.json`, JSON.stringify({ caption: 'far below', class: 3 })],
    ])
    const second = await pack([
      ['a/0.jpg', image],
      ['a/0.cls', '5'],
    ])
    const shards = [join(folder, '0.tar'), join(folder, '1.tar')]
    await writeFile(shards[0] ?? '', first)
    await writeFile(shards[1] ?? '', second)
    const { samples, faults, copies } = await makeAll(open(shards), {})
    assert.equal(faults, [])
    assert.is(copies, 4)
    assert.equal(
      samples.map(({ captions, label, group }) => [captions, label, group.replace(/(long\/)+/, 'long/')]),
      [
        [['a lake', 'water'], 'sea lake', '0/a/0'],
        [['from a text'], '', '0/b/0'],
        [['far below'], '3', '0/long/0'],
        [['a forest'], '5', '1/a/0'],
      ],
    )
    for (const sample of samples) assert.is(Buffer.compare(sample.image, image), 0)
  }))

test('whether it is an overhead view is read from JSON: true, false or left out', () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    const labels = [true, false, null, undefined, 'yes']
    const shard = join(folder, '0.tar')
    const files = labels.flatMap((overhead, i): TarContent[] => [
      [`${i}.jpg`, image],
      [`${i}.json`, JSON.stringify({ caption: 'a lake', overhead })],
    ])
    await writeFile(shard, await pack(files))
    const { samples, faults } = await makeAll(open([shard]), {})
    assert.equal(
      samples.map(({ overhead }) => overhead),
      [true, false, undefined, undefined, undefined],
    )
    assert.equal(faults, [`Sample '4' of 0.tar says "overhead": "yes"; it is true, false or left out`])
  }))

test('splits are drawn for each key, the same in whatever list its shard stands', () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    const shard = (start: number) =>
      pack(
        Array.from(
          { length: 200 },
          (_, i) =>
            [
              [`${start + i}.jpg`, image],
              [`${start + i}.txt`, 'x'],
            ] as const,
        ).flat(),
      )
    const shards = [join(folder, '0.tar'), join(folder, '1.tar')]
    await writeFile(shards[0] ?? '', await shard(0))
    await writeFile(shards[1] ?? '', await shard(200))
    const splitsOf = async (list: readonly string[]) =>
      new Map(
        recordsOf(await findAll(open(list, { split: { val: 0.1, test: 0.25 } }))).map(({ file, split }) => [
          file,
          split,
        ]),
      )
    const both = await splitsOf(shards)
    const alone = await splitsOf(shards.slice(1))
    assert.ok([...alone].every(([file, split]) => both.get(file) === split))
    const count = (split: string) => [...both.values()].filter(one => one === split).length
    assert.ok(
      Math.abs(count('test') - 100) < 30 && Math.abs(count('val') - 40) < 20,
      `${count('test')} ${count('val')}`,
    )
  }))

test('names each sample that cannot be used, and reads the others', () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    const shard = join(folder, '0.tar')
    const entries: readonly TarContent[] = [
      ['good.jpg', image],
      ['good.txt', 'x'],
      ['broken.jpg', image],
      ['broken.json', '{"caption": "x"'],
      ['empty.jpg', image],
      ['empty.txt', ' \n'],
      ['one_empty.jpg', image],
      ['one_empty.json', JSON.stringify({ captions: ['x', '', null] })],
      ['silent.jpg', image],
      ['blind.txt', 'x'],
      ['good.jpg', image],
      ['good.txt', 'again'],
      ['twice.jpg', image],
      ['twice.jpg', image],
      ['twice.txt', 'x'],
      ['cut.jpg', image.subarray(0, 400)],
      ['cut.txt', 'x'],
      ['noise.png', 'no picture'],
      ['noise.txt', 'x'],
    ]
    await writeFile(shard, await pack(entries, ['link.jpg']))
    const { samples, faults } = await makeAll(open([shard]), {})
    assert.equal(
      samples.map(({ facts }) => facts.file),
      ['good.jpg', 'one_empty.jpg', 'twice.jpg'],
    )
    const expected = [
      /'broken' of 0\.tar has JSON that cannot be read/,
      /'empty' of 0\.tar has an empty caption/,
      /'one_empty' of 0\.tar has an empty caption/,
      /'one_empty' of 0\.tar has an empty caption/,
      /'silent' of 0\.tar has neither a caption nor a class/,
      /'blind' of 0\.tar has no image/,
      /Key 'good' is given twice in 0\.tar/,
      /'twice\.jpg' is given twice in 0\.tar/,
      /Cannot read image 'cut\.jpg'/,
      /Cannot read image 'noise\.png'/,
      /'link\.jpg' in 0\.tar is a link/,
    ]
    for (const pattern of expected)
      assert.ok(
        faults.some(reason => pattern.test(reason)),
        `${pattern}`,
      )
    assert.is(faults.length, expected.length)
  }))

test('a shard that is cut short gives its whole samples and one fault', () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    const bytes = await pack([
      ['0.jpg', image],
      ['0.txt', 'x'],
      ['1.jpg', image],
      ['1.txt', 'y'],
    ])
    const shard = join(folder, '0.tar')
    // In the second image, in its header, and in the middle of the archive's end.
    for (const [size, whole] of [
      [2 * 512 + Math.ceil(image.length / 512) * 512 + 512 + 700, 1],
      [2 * 512 + Math.ceil(image.length / 512) * 512 + 512 + 100, 1],
    ] as const) {
      await writeFile(shard, bytes.subarray(0, size))
      const found = await findAll(open([shard]))
      assert.equal(
        recordsOf(found).map(({ captions }) => captions),
        Array.from({ length: whole }, () => ['x']),
      )
      assert.match(reasonsOf(found).join('; '), /^0\.tar breaks off or is damaged after '0\.txt'/)
    }
  }))

test('a compressed or missing shard stops reading', () =>
  inTempFolder(async folder => {
    const shard = join(folder, '0.tar')
    assert.match(await messageOf(findAll(open([shard]))), /0\.tar/)
    await writeFile(shard, Uint8Array.from([0x1f, 0x8b, 8, 0, 0]))
    assert.match(await messageOf(findAll(open([shard]))), /0\.tar is compressed; unpack it/)
  }))

testWithShared(
  test,
  'data/rsicd_train',
  'reads RSICD: 9,828 images of 31 classes with five captions each',
  async () => {
    const shards = Array.from({ length: 5 }, (_, i) => sharedPath(`data/rsicd_train/00000${i}.tar`))
    const found = await findAll(open(shards))
    const records = recordsOf(found)
    assert.equal([found.length, records.length], [9828, 9828])
    assert.ok(records.every(({ captions }) => captions.length === 5))
    assert.is(new Set(records.map(({ label }) => label)).size, 31)
  },
)

test.run()
