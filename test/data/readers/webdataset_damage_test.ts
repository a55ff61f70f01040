import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openWebDataset } from '../../../runtime/data/readers/webdataset.ts'
import { inTempFolder } from '../../support.ts'
import { findAll, messageOf, pack, picture, reasonsOf, recordsOf } from './support.ts'

const open = (shards: readonly string[]) =>
  openWebDataset({ shards, split: { val: 0, test: 0 }, classNames: {}, seed: 1 })

/** A shard of two samples. */
const packTwo = (image: Uint8Array) =>
  pack([
    ['0.jpg', image],
    ['0.txt', 'x'],
    ['1.jpg', image],
    ['1.txt', 'y'],
  ])

test('a shard of zero bytes, a pointer of Git LFS and a page in its place are refused; an empty tar is counted', () =>
  inTempFolder(async folder => {
    const shard = join(folder, '0.tar')
    const message = async (bytes: string | Uint8Array) => {
      await writeFile(shard, bytes)
      return messageOf(findAll(open([shard])))
    }
    assert.match(await message(''), /^Shard .*0\.tar holds 0 bytes; get it anew$/)
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n'
    assert.match(
      await message(pointer),
      /is no tar: it is a pointer of Git LFS, not the file itself; run 'git lfs pull'$/,
    )
    assert.match(await message('<!DOCTYPE html><p>Not found'), /is no tar: it is a web page/)
    assert.match(await message('x'.repeat(2000)), /is no tar: .*; check the shards of the source$/)
    assert.match(await message(Uint8Array.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0])), /is compressed; unpack it/)
    await writeFile(shard, Buffer.alloc(10240))
    assert.equal(await findAll(open([shard])), [
      { kind: 'left out', file: '$shards[0]', reason: 'shards without files' },
    ])
  }))

test('a shard that lost its last entries as a whole is named: it has no end mark', () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    const bytes = await packTwo(image)
    const shard = join(folder, '0.tar')
    await writeFile(shard, bytes.subarray(0, 512 + Math.ceil(image.length / 512) * 512 + 1024))
    const found = await findAll(open([shard]))
    assert.is(recordsOf(found).length, 1)
    assert.equal(reasonsOf(found), [
      "$shards[0] breaks off or is damaged after '0.txt' (it has no end mark); get it anew",
    ])
  }))

test('a shard that is cut short gives its whole samples and one fault', () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    const bytes = await packTwo(image)
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
      assert.match(reasonsOf(found).join('; '), /^\$shards\[0\] breaks off or is damaged after '0\.txt'/)
    }
  }))

test('a compressed or missing shard stops reading', () =>
  inTempFolder(async folder => {
    const shard = join(folder, '0.tar')
    assert.match(await messageOf(findAll(open([shard]))), /0\.tar/)
    await writeFile(shard, Uint8Array.from([0x1f, 0x8b, 8, 0, 0]))
    assert.match(await messageOf(findAll(open([shard]))), /0\.tar is compressed; unpack it/)
  }))

test.run()
