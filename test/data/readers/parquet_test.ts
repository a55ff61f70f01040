import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openTables, type ParquetOptions } from '../../../runtime/data/readers/parquet.ts'
import { inTempFolder } from '../../support.ts'
import { compressedTables } from './compressed_tables.ts'
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
      /^Row 2 of .* has an empty caption; Row 3 of .* the key '003', of which \$tars\[0\] holds no image$/,
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
      /^Row 3 of \$tables\[0\] has the split 'elsewhere'.*; .*Row 4 of \$tables\[0\] has no bytes/,
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

/** Writes a table with the metadata that Hugging Face datasets keep. */
const writeNamed = (path: string, columnData: readonly ColumnSource[], names: readonly string[]) => {
  const info = { info: { features: { label: { names, _type: 'ClassLabel' }, other: { _type: 'Value' } } } }
  const kvMetadata = [{ key: 'huggingface', value: JSON.stringify(info) }]
  return writeFile(path, Buffer.from(parquetWriteBuffer({ columnData: [...columnData], kvMetadata })))
}

test('class numbers have the names of the metadata of the table; -1 is no class, others are named', () =>
  inTempFolder(async folder => {
    const photo = await picture(3)
    const table = join(folder, 'a.parquet')
    const ids = [0n, 2n, -1n, 3n]
    await writeNamed(
      table,
      [
        column(
          'image',
          'BYTE_ARRAY',
          ids.map(() => photo),
        ),
        column('label', 'INT64', ids),
        column('caption', 'STRING', [null, null, 'a lake', null]),
      ],
      ['AnnualCrop', 'Forest', 'river_bank'],
    )
    const options = { tables: [table], images: { kind: 'bytes', column: 'image' }, label: 'label' } as const
    const read = async (classNames: { readonly [name: string]: string }) => {
      const found = await findAll(open({ ...options, classNames }))
      assert.equal(reasonsOf(found), ['Row 3 of $tables[0] has the class 3, and the table has no name for it'])
      return recordsOf(found).map(({ captions, label }) => [label, ...captions])
    }
    const lake = ['', 'a lake']
    assert.equal(await read({}), [['annual crop', 'annual crop'], ['river bank', 'river bank'], lake])
    assert.equal(await read({ AnnualCrop: 'a field', 2: 'a stream' }), [
      ['annual crop', 'a field'],
      ['river bank', 'a stream'],
      lake,
    ])
  }))

test('a caption column that the recipe names must exist, also where there are classes', () =>
  inTempFolder(async folder => {
    const table = join(folder, 'a.parquet')
    await write(table, [column('photo', 'BYTE_ARRAY', [await picture(3)]), column('scene', 'STRING', ['Lake'])])
    const read = (caption: string) =>
      findAll(open({ tables: [table], images: { kind: 'bytes', column: 'photo' }, label: 'scene', caption }))
    assert.match(await messageOf(read('text')), /a\.parquet has no column 'text'; its columns are photo, scene$/)
    assert.equal(
      recordsOf(await read('caption')).map(({ captions }) => captions),
      [['lake']],
    )
  }))

test('a status of another tool is no reason to leave a row out, and NaN is a missing value', () =>
  inTempFolder(async folder => {
    const photo = await picture(3)
    const table = join(folder, 'a.parquet')
    await write(table, [
      column('photo', 'BYTE_ARRAY', [photo, photo, photo]),
      column('caption', 'STRING', ['a', 'b', 'c']),
      column('status', 'STRING', ['published', 'failed_to_download', 'success']),
      column('scene', 'DOUBLE', [Number.NaN, 1, 2]),
    ])
    const found = await findAll(open({ tables: [table], images: { kind: 'bytes', column: 'photo' }, label: 'scene' }))
    assert.equal(
      found.map(item => (item.kind === 'record' ? [...item.captions, item.label] : item.kind)),
      [['a', ''], 'omitted', ['c', '2']],
    )
  }))

for (const [compression, bytes] of compressedTables)
  test(`reads a table that another program compressed by ${compression}`, () =>
    inTempFolder(async folder => {
      const table = join(folder, 'a.parquet')
      await writeFile(table, bytes)
      const image = await picture(3)
      await put(folder, Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`imgs/${i}.jpg`, image])))
      const images = { kind: 'paths', folder, column: 'image' } as const
      const found = recordsOf(await findAll(open({ tables: [table], images })))
      assert.equal(
        found.map(({ file, captions }) => [file, ...captions]),
        Array.from({ length: 200 }, (_, i) => [`imgs/${i % 10}.jpg`, `a lake beside a forest, picture ${i % 10}`]),
      )
    }))

test('rows with images of their own have groups of their own, though they share a key', () =>
  inTempFolder(async folder => {
    const table = join(folder, 'a.parquet')
    const photos = await Promise.all([3, 5, 7].map(shade => picture(shade)))
    await write(table, [
      column('key', 'STRING', ['a', 'b', 'a']),
      column('photo', 'BYTE_ARRAY', photos),
      column('caption', 'STRING', ['x', 'y', 'z']),
    ])
    const found = recordsOf(await findAll(open({ tables: [table], images: { kind: 'bytes', column: 'photo' } })))
    assert.equal(
      found.map(({ group }) => group),
      ['0/a', '0/b', '0/a row 2'],
    )
  }))

test('text that is not UTF-8 is named with its row and column', () =>
  inTempFolder(async folder => {
    const table = join(folder, 'a.parquet')
    const photo = await picture(3)
    const latin = [Buffer.from('a lake'), Buffer.from('a café', 'latin1'), Buffer.from('a café')]
    await write(table, [
      column(
        'photo',
        'BYTE_ARRAY',
        latin.map(() => photo),
      ),
      column('caption', 'BYTE_ARRAY', latin),
    ])
    const found = await findAll(open({ tables: [table], images: { kind: 'bytes', column: 'photo' } }))
    assert.equal(
      recordsOf(found).map(({ captions }) => captions),
      [['a lake'], ['a café']],
    )
    assert.equal(reasonsOf(found), [
      "Row 1 of $tables[0] has text that is not UTF-8 in its column 'caption': byte 0xe9",
    ])
  }))

test('rows of one image have one split, and a contradiction names both', () =>
  inTempFolder(async folder => {
    const files = Array.from({ length: 30 }, (_, i) => `${i}.jpg`)
    const image = await picture(3)
    await put(folder, Object.fromEntries(files.map(file => [`imgs/${file}`, image])))
    const table = join(folder, 'a.parquet')
    const images = { kind: 'paths', folder: join(folder, 'imgs'), column: 'image' } as const
    await write(table, [
      column('image', 'STRING', [...files, ...files]),
      column('caption', 'STRING', [...files, ...files]),
    ])
    const drawn = recordsOf(await findAll(open({ tables: [table], images, split: { val: 0.2, test: 0.3 } })))
    for (const [i] of files.entries()) assert.is(drawn[i + 30]?.split, drawn[i]?.split)
    assert.is(new Set(drawn.map(({ split }) => split)).size, 3)
    await write(table, [
      column('image', 'STRING', ['0.jpg', '0.jpg', '1.jpg', '1.jpg', '2.jpg', '2.jpg', '._3.jpg']),
      column('caption', 'STRING', ['a', 'b', 'c', 'd', 'e', 'f', 'g']),
      column('split', 'STRING', ['train', 'test', 'val', 'validation', 'test', 'test', 'test']),
      column('scene', 'STRING', ['Lake', 'Lake', 'Sea', 'Sea', 'Hill', 'Field', 'Field']),
    ])
    const found = await findAll(open({ tables: [table], images, split: 'column', label: 'scene' }))
    assert.equal(reasonsOf(found), [
      "Row 1 of $tables[0] puts '0.jpg' into the split 'test', row 0 of $tables[0] into 'train'; keep one",
      "Row 5 of $tables[0] gives '2.jpg' the class 'field', row 4 of $tables[0] 'hill'; keep one",
    ])
    assert.equal(
      recordsOf(found).map(({ captions }) => captions.join()),
      ['a', 'c', 'd', 'e'],
    )
    assert.equal(
      found.flatMap(item => (item.kind === 'left out' && item.file.startsWith('row') ? [item.file] : [])),
      ['row 6 of $tables[0]'],
    )
  }))

test('keys find images under prefixes of the archive and with dots; an image that is packed twice is named', () =>
  inTempFolder(async folder => {
    const image = await picture(3)
    const keys = ['000', '001', '0.02', '003', 'é'.normalize('NFC')]
    const [table, tar] = [join(folder, '0.parquet'), join(folder, '0.tar')]
    await write(table, [column('key', 'STRING', keys), column('caption', 'STRING', keys)])
    await writeFile(
      tar,
      await pack([
        ['./000.jpg', image],
        ['00000/001.jpg', image],
        ['0.02.png', image],
        ['0.02.jpg', image],
        ['003.jpg', image],
        ['003.jpg', image],
        [`${'é'.normalize('NFD')}.jpg`, image],
        ['._000.jpg', 'x'],
      ]),
    )
    const found = await findAll(open({ tables: [table], images: { kind: 'tar', tars: [tar] } }))
    assert.equal(
      recordsOf(found).map(({ file }) => file),
      ['./000.jpg', '00000/001.jpg', '0.02.jpg', '003.jpg', `${'é'.normalize('NFD')}.jpg`],
    )
    assert.equal(reasonsOf(found), ["File '003.jpg' is given twice in $tars[0]; remove one of them"])
    assert.equal(
      found.flatMap(item => (item.kind === 'left out' ? [`${item.file}: ${item.reason}`] : [])),
      [
        '0.02.png in $tars[0]: further images of samples',
        '._000.jpg in $tars[0]: files of operating systems and editors',
      ],
    )
  }))

test('a table that is none, is cut short or lacks a column stops reading', () =>
  inTempFolder(async folder => {
    const table = join(folder, 'a.parquet')
    const images = { kind: 'bytes', column: 'photo' } as const
    const message = () => messageOf(findAll(open({ tables: [table], images })))
    assert.match(await message(), /a\.parquet cannot be opened/)
    await writeFile(table, '')
    assert.match(await message(), /was cut short: it holds 0 bytes; get it anew$/)
    await writeFile(table, 'version https://git-lfs.github.com/spec/v1\noid sha256:00\n')
    assert.match(await message(), /: it is a pointer of Git LFS, not the file itself; run 'git lfs pull'$/)
    await writeFile(table, 'no table')
    assert.match(await message(), /is no Parquet file or was cut short/)
    await write(table, [column('caption', 'STRING', ['x'])])
    assert.match(await message(), /has no column 'photo'; its columns are caption/)
    await write(table, [column('photo', 'BYTE_ARRAY', [new Uint8Array(1)])])
    assert.match(await message(), /has no column 'caption'; its columns are photo/)
  }))

test.run()
