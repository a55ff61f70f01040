import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type IndexRow, writeRows } from '../../runtime/data/index_table.ts'
import { readPackedIndex } from '../../runtime/data/pack_index.ts'
import { captionsAt, rowAt, shardNumbers } from '../../runtime/data/packed_index.ts'
import { inTempFolder } from '../support.ts'

/** More rows than a block, and than a row group, hold. */
const count = 70_000

const rowOf = (i: number): IndexRow => ({
  sample: {
    key: `sée-${i}`,
    split: i % 10 === 0 ? 'test' : 'train',
    captions: i % 3 === 0 ? [`caption «${i}»`] : [`one ${i}`, 'two\n"quoted" \u0000'],
    label: '',
    group: '',
    masks: [],
    facts: {},
  },
  shard: `${String(Math.floor(i / 1000)).padStart(6, '0')}.tar`,
  // Beyond 4 GiB: offsets are not of 32 bits.
  image: { offset: 512 + i * 1e6, size: 1000 + i },
  masks: [],
})

test('a packed index says what the rows say, in stored order, by split', () =>
  inTempFolder(async folder => {
    await writeRows(
      folder,
      Array.from({ length: count }, (_, i) => rowOf(i)),
    )
    const all = await readPackedIndex(folder)
    assert.is(all.samples, count)
    for (const i of [0, 1, 999, 1000, 65_535, 65_536, count - 1]) {
      const { sample, shard, image } = rowOf(i)
      assert.equal(rowAt(all, i), { key: sample.key, shard, image })
      assert.equal(captionsAt(all, i), sample.captions)
    }
    assert.equal(
      [...shardNumbers(all)].slice(998, 1002).map(number => all.shards[number]),
      ['000000.tar', '000000.tar', '000001.tar', '000001.tar'],
    )
    assert.throws(() => rowAt(all, count), /has no row 70000/)
    const test = await readPackedIndex(folder, 'test')
    assert.is(test.samples, count / 10)
    assert.is(rowAt(test, 6999).key, 'sée-69990')
    const fault = await readPackedIndex(folder, 'val').catch((error: Error) => error.message)
    assert.match(String(fault), /no sample in split 'val'; its splits are 'test', 'train'/)
  }))

test.run()
