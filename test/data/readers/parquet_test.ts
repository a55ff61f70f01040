import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openTables, type ParquetOptions } from '../../../runtime/data/readers/parquet.ts'
import { inTempFolder } from '../../support.ts'
import { findAll, makeAll, messageOf, pack, picture, put, reasonsOf, recordsOf } from './support.ts'

type Options = Partial<ParquetOptions> & Pick<ParquetOptions, 'tables' | 'images'>

const open = (options: Options) =>
  openTables({ caption: 'caption', split: { val: 0, test: 0 }, classNames: {}, seed: 1, ...options })

const column = (name: string, type: NonNullable<ColumnSource['type']>, data: readonly unknown[]): ColumnSource => ({
  name,
  type,
  data: [...data],
})

const write = (path: string, columnData: readonly ColumnSource[], rowGroupSize = 2) =>
  writeFile(
    path,
    Buffer.from(
      parquetWriteBuffer({ columnData: [...columnData], rowGroupSize, codec: 'GZIP', compressors: { GZIP: gzipSync } }),
    ),
  )

test("reads img2dataset's layout: tars beside tables, rows that were never downloaded counted, the rest named", () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    const keys = ['000', '001', '002', '003', '004', '005']
    await write(join(folder, '00000.parquet'), [
      column(
        'url',
        'STRING',
        keys.map(key => `https://images.example/${key}`),
      ),
      column('key', 'STRING', keys),
      column('caption', 'STRING', ['a lake', 'never came', ' ', 'lost', 'a cut one', 'a desert']),
      column('status', 'STRING', ['success', 'failed_to_download', 'success', 'success', 'success', 'success']),
      column('width', 'INT32', [40, null, 40, 40, 40, 40]),
    ])
    const files = ['000', '002', '004', '005'].map(key => {
      return [`${key}.jpg`, key === '004' ? image.subarray(0, 400) : image] as const
    })
    await writeFile(join(folder, '00000.tar'), await pack(files))
    const reader = open({
      tables: [join(folder, '00000.parquet')],
      images: { kind: 'tar', tars: [join(folder, '00000.tar')] },
    })
    const found = await findAll(reader)
    assert.equal(
      found.flatMap(one => (one.kind === 'omitted' ? [one.reason] : [])),
      ['failed_to_download'],
    )
    assert.equal(
      recordsOf(found).map(({ file, captions, facts, group, position }) => [file, captions, facts, group, position]),
      [
        ['000.jpg', ['a lake'], { table: 0, url: 'https://images.example/000' }, '0/000', 1],
        ['004.jpg', ['a cut one'], { table: 0, url: 'https://images.example/004' }, '0/004', 5],
        ['005.jpg', ['a desert'], { table: 0, url: 'https://images.example/005' }, '0/005', 6],
      ],
    )
    assert.equal([reader.total(), reader.unit], [6, 'rows'])
    assert.match(
      reasonsOf(found).join('; '),
      /^Row 2 of .* has an empty caption; Row 3 of .* the key '003', of which 00000\.tar holds no image$/,
    )
    const { samples, faults, copies } = await makeAll(reader, {})
    assert.equal([samples.length, copies], [2, 2])
    assert.match(faults.at(-1) ?? '', /Cannot read image '004\.jpg'/)
  }))

test('reads images from a column, across row groups and tables, with classes and splits', () =>
  inTempFolder(async folder => {
    const images = await Promise.all([3, 5, 7, 11, 13].map(shade => picture(shade, 32, 32)))
    const tables = [join(folder, 'a.parquet'), join(folder, 'b.parquet')]
    for (const table of tables)
      await write(table, [
        column('photo', 'BYTE_ARRAY', [...images.slice(0, 4), new Uint8Array()]),
        column('scene', 'STRING', ['SeaLake', 'Forest', null, 'Forest', 'Forest']),
        column('texts', 'STRING', ['x', null, 'y', 'z', 'w']),
        column('split', 'STRING', ['train', 'test', 'validation', 'elsewhere', 'train']),
      ])
    const reader = open({
      tables,
      images: { kind: 'bytes', column: 'photo' },
      caption: 'texts',
      label: 'scene',
      split: 'column',
      classNames: { Forest: 'a forest' },
    })
    const { samples, faults } = await makeAll(reader, {})
    const rows = [
      [['x'], 'sea lake', 'train'],
      [['a forest'], 'forest', 'test'],
      [['y'], '', 'val'],
    ]
    assert.equal(
      samples.map(({ captions, label, split }) => [captions, label, split]),
      [...rows, ...rows],
    )
    for (const [i, sample] of samples.entries())
      assert.is(Buffer.compare(sample.image, images[i % 3] ?? new Uint8Array()), 0)
    assert.is(new Set(samples.map(({ group }) => group)).size, 6)
    assert.match(
      faults.slice(0, 2).join('; '),
      /^Row 3 of a\.parquet has the split 'elsewhere'.*; .*Row 4 of .*a\.parquet has no bytes/,
    )
  }))

test('reads images by paths in a column, and none that leads out', () =>
  inTempFolder(async folder => {
    await put(folder, { 'imgs/x/1.jpg': await picture(3) })
    const table = join(folder, 'a.parquet')
    await write(table, [
      column('image', 'STRING', ['x/1.jpg', '../secret.jpg', null, 'none.jpg']),
      column('caption', 'JSON', [['a', '', 'b'], ['c'], ['d'], ['e']]),
    ])
    const images = { kind: 'paths', folder: join(folder, 'imgs'), column: 'image' } as const
    const found = await findAll(open({ tables: [table], images }))
    assert.equal(
      recordsOf(found).map(({ file, captions }) => [file, captions]),
      [['x/1.jpg', ['a', 'b']]],
    )
    const why = [/has an empty caption/, /leads out of/, /names no image/, /'none\.jpg', which is not in/]
    assert.is(reasonsOf(found).length, why.length)
    for (const [i, pattern] of why.entries()) assert.match(reasonsOf(found)[i] ?? '', pattern)
  }))

test('a table that is none, is cut short or lacks a column stops reading', () =>
  inTempFolder(async folder => {
    const table = join(folder, 'a.parquet')
    const images = { kind: 'bytes', column: 'photo' } as const
    const message = () => messageOf(findAll(open({ tables: [table], images })))
    assert.match(await message(), /a\.parquet cannot be opened/)
    await writeFile(table, 'no table')
    assert.match(await message(), /is no Parquet file or was cut short/)
    await write(table, [column('caption', 'STRING', ['x'])])
    assert.match(await message(), /has no column 'photo'; its columns are caption/)
    await write(table, [column('photo', 'BYTE_ARRAY', [new Uint8Array(1)])])
    assert.match(await message(), /has no column 'caption'; its columns are photo/)
  }))

test.run()
