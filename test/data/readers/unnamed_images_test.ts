import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openFolder } from '../../../runtime/data/readers/folder.ts'
import { openKarpathy } from '../../../runtime/data/readers/karpathy.ts'
import { openTables } from '../../../runtime/data/readers/parquet.ts'
import type { SourceItem } from '../../../runtime/data/readers/record.ts'
import { inTempFolder } from '../../support.ts'
import { findAll, pack, put, recordsOf } from './support.ts'

const usual = { split: { val: 0, test: 0 }, classNames: {}, seed: 1 } as const

const leftOut = (found: readonly SourceItem[]) =>
  found.flatMap(item => (item.kind === 'left out' ? [[item.file, item.reason]] : []))

test('files that no row names are left out by every reader of tables, and counted', () =>
  inTempFolder(async folder => {
    const images = join(folder, 'images')
    await put(images, {
      'a.jpg': 'a',
      'b.jpg': 'b',
      'x/c.png': 'c',
      'notes.txt': 'n',
      't.csv': 'image,caption\na.jpg,x\nb.jpg,\n',
    })
    const row = { split: 'train', sentences: [{ raw: 'x' }] }
    await put(folder, {
      'd.json': JSON.stringify({
        images: [
          { ...row, filename: 'a.jpg' },
          { filename: 'b.jpg', split: 'train' },
        ],
      }),
      'p.tar': await pack([
        ['./a.jpg', 'a'],
        ['b.jpg', 'b'],
        ['x/c.png', 'c'],
        ['a.txt', 'x'],
      ]),
    })
    const table = join(folder, 'p.parquet')
    const columns = { image: ['a.jpg', 'b.jpg'], key: ['a', 'b'], caption: ['x', ''] }
    const columnData = Object.entries(columns).map(([name, data]) => ({ name, data }))
    await writeFile(table, Buffer.from(parquetWriteBuffer({ columnData })))
    const found = {
      folder: await findAll(
        openFolder({ folder: images, ...usual, table: { file: 't.csv', image: 'image', caption: 'caption' } }),
      ),
      karpathy: await findAll(openKarpathy({ json: join(folder, 'd.json'), images, classNames: {} })),
      paths: await findAll(
        openTables({
          tables: [table],
          images: { kind: 'paths', folder: images, column: 'image' },
          caption: 'caption',
          ...usual,
        }),
      ),
      tar: await findAll(
        openTables({
          tables: [table],
          images: { kind: 'tar', tars: [join(folder, 'p.tar')] },
          caption: 'caption',
          ...usual,
        }),
      ),
    }
    for (const [reader, items] of Object.entries(found))
      assert.equal(
        recordsOf(items).map(({ captions }) => captions.join()),
        ['x'],
        reader,
      )
    const text = ['notes.txt', 'files that are no images (.txt)']
    const csv = ['t.csv', 'files that are no images (.csv)']
    const png = ['x/c.png', 'images that no row names']
    assert.equal(leftOut(found.folder), [['b.jpg', 'images that no row names'], text, png])
    assert.equal(leftOut(found.karpathy), [text, csv, png])
    assert.equal(leftOut(found.paths), [text, csv, png])
    assert.equal(leftOut(found.tar), [['x/c.png in $tars[0]', 'images that no row names']])
  }))

test.run()
