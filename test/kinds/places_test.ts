import { readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { StageKind } from '../../dsl/kinds/registry.ts'
import type { AnyContext } from '../../runtime/kinds/context.ts'
import { pack, picture, put } from '../data/readers/support.ts'
import { inTempFolder } from '../support.ts'
import { runStage } from './run_source.ts'

/** A source with every fault that names a file or folder of the recipe. */
interface FaultySource {
  readonly kind: StageKind
  readonly params: AnyContext['params']
  /** Paths by role, in the folder of the data. */
  readonly files: { readonly [role: string]: string | readonly string[] }
}

const none = { val: 0, test: 0 }

const sources: readonly FaultySource[] = [
  { kind: 'folder', params: { split: none }, files: { path: 'classes' } },
  { kind: 'folder', params: { captions: 'rows.csv', split: none }, files: { path: 'tables', images: 'classes' } },
  { kind: 'karpathy', params: {}, files: { json: 'all.json', images: 'classes' } },
  { kind: 'webdataset', params: {}, files: { shards: ['0.tar', '1.tar'] } },
  {
    kind: 'parquet',
    params: { image: { kind: 'tar' }, caption: 'caption' },
    files: { tables: ['0.parquet', '1.parquet'], tars: ['0.tar', '1.tar'] },
  },
  {
    kind: 'parquet',
    params: { image: { kind: 'paths', column: 'image' }, caption: 'caption' },
    files: { tables: ['0.parquet'], images: 'classes' },
  },
  {
    kind: 'parquet',
    params: { image: { kind: 'bytes', column: 'bytes' }, caption: 'caption' },
    files: { tables: ['0.parquet', '1.parquet'] },
  },
]

async function writeData(folder: string): Promise<void> {
  const image = await picture(3)
  const cut = image.subarray(0, 400)
  const shard = await pack(
    [
      ['a.jpg', image],
      ['a.txt', 'one'],
      ['a.txt', 'another'],
      ['b.jpg', cut],
      ['b.txt', 'cut'],
      ['c.txt', 'no image'],
      ['d.bmp', 'x'],
    ],
    ['e.jpg'],
  )
  const text = (name: string, data: string[]) => ({ name, type: 'STRING' as const, data })
  const table = Buffer.from(
    parquetWriteBuffer({
      columnData: [
        text('key', ['a', 'b', 'z']),
        text('caption', ['one', 'cut', 'none']),
        text('image', ['lake/a.jpg', 'lake/b.jpg', '../z.jpg']),
        { name: 'bytes', type: 'BYTE_ARRAY' as const, data: [image, cut, Buffer.alloc(0)] },
      ],
    }),
  )
  const named = (filename: string) => ({ filename, split: 'train', sentences: [{ raw: 'x' }] })
  await put(folder, {
    'classes/lake/a.jpg': image,
    'classes/lake/b.jpg': cut,
    'classes/lake/notes.txt': 'x',
    'tables/rows.csv': 'image,caption\nlake/a.jpg,one\nlake/b.jpg,cut\n../c.jpg,out\nlink.jpg,link\nz.jpg,none\n',
    'all.json': JSON.stringify({ images: ['lake/a.jpg', 'lake/b.jpg', '../c.jpg', 'link.jpg', 'z.jpg'].map(named) }),
    '0.tar': shard,
    '1.tar': shard,
    '0.parquet': table,
    '1.parquet': table,
  })
  symlinkSync('lake/a.jpg', join(folder, 'classes/link.jpg'))
}

/** The bytes of a result by the path of each file. */
function contentOf(out: string): ReadonlyMap<string, string> {
  const found = readdirSync(out, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  const paths = found.map(({ parentPath, name }) => join(parentPath, name)).sort()
  return new Map(paths.map(path => [relative(out, path), readFileSync(path, 'latin1')]))
}

test('a source has the same bytes wherever its files lie and whatever they are called, its faults included', () =>
  inTempFolder(async folder => {
    const [here, there] = [join(folder, 'here'), join(folder, 'elsewhere', 'data')]
    await writeData(here)
    await writeData(there)
    const renamed = (path: string) => `other-${path}`
    for (const name of readdirSync(there)) await rename(join(there, name), join(there, renamed(name)))
    for (const { kind, params, files } of sources) {
      const at = (place: string, nameOf: (path: string) => string) =>
        Object.fromEntries(
          Object.entries(files).map(([role, given]) => [
            role,
            typeof given === 'string' ? join(place, nameOf(given)) : given.map(path => join(place, nameOf(path))),
          ]),
        )
      const run = (where: AnyContext['files']) =>
        runStage(kind, { folder, params: { max_corrupt: 50, ...params }, files: where })
      const [one, other] = [await run(at(here, path => path)), await run(at(there, renamed))]
      const [first, second] = [contentOf(one.out), contentOf(other.out)]
      assert.ok(first.has('failed.jsonl'), kind)
      assert.equal([...first.keys()], [...second.keys()])
      for (const [file, bytes] of first) assert.ok(bytes === second.get(file), `${kind} ${file}`)
      assert.equal(one.result.metrics, other.result.metrics)
      const [warned, alsoWarned] = [one.warnings, other.warnings].map(warnings => warnings.join('\n'))
      // People are told the names that they know.
      assert.not.match(`${warned}${alsoWarned}`, /\$[a-z]/)
      if (kind === 'webdataset') {
        assert.match(warned ?? '', /'c' of 0\.tar has no image/)
        assert.match(alsoWarned ?? '', /'c' of other-1\.tar has no image/)
      }
    }
  }))

test.run()
