import { cp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadRecipe } from '../../dsl/compile/load.ts'
import { outlineOf } from '../../runtime/app/recipe.ts'
import { put } from '../data/readers/support.ts'
import { inTempFolder } from '../support.ts'

const landmarks = JSON.stringify({ type: 'FeatureCollection', features: [] })

/** Data of every kind of entry that reads files. */
const data = {
  'classes/lake/a.jpg': 'a',
  'classes/forest/b.jpg': 'b',
  'rows/rows.csv': 'image,caption\nlake/a.jpg,one\n',
  'karpathy.json': '{"images": []}',
  'shards/0.tar': 'shard 0',
  'shards/1.tar': 'shard 1',
  'tables/0.parquet': 'table 0',
  'tables/1.parquet': 'table 1',
  'tables/0.tar': 'tar 0',
  'tables/1.tar': 'tar 1',
  'landmarks.geojson': landmarks,
  'clip.safetensors': 'weights',
  'tokenizer.json': '{}',
}

/** A recipe of these data; `named` gives the path of each from the folder of the data. */
const recipe = (named: (path: string) => string = path => path): string => `name: places
params: { data: data }
permissions: { read: ["\${params.data}"] }
sources:
  classes: { kind: folder, path: "\${params.data}/${named('classes')}" }
  rows: { kind: folder, path: "\${params.data}/${named('rows')}", captions: rows.csv, images: "\${params.data}/${named('classes')}" }
  karpathy: { kind: karpathy, json: "\${params.data}/${named('karpathy.json')}", images: "\${params.data}/${named('classes')}" }
  shards:
    kind: webdataset
    shards: ["\${params.data}/${named('shards/0.tar')}", "\${params.data}/${named('shards/1.tar')}"]
    parts: 2
  tars: { kind: parquet, files: "\${params.data}/${named('tables/')}{0..1}.parquet" }
  paths:
    kind: parquet
    files: "\${params.data}/${named('tables/')}{0..1}.parquet"
    image: { kind: paths, folder: "\${params.data}/${named('classes')}" }
  places:
    kind: landmarks
    table: "\${params.data}/${named('landmarks.geojson')}"
    imagery: blue-marble
    ground_sizes: [300km]
    captions: { kind: grammar }
  web: { kind: crawl, imagery: blue-marble, table: "\${params.data}/${named('landmarks.geojson')}" }
models:
  clip:
    kind: openclip
    weights: "\${params.data}/${named('clip.safetensors')}"
    tokenizer: "\${params.data}/${named('tokenizer.json')}"
evaluate:
  measured: { kind: classification, model: clip, data: classes.test, templates: ['{}'] }
`

type Keys = ReadonlyMap<string, string | undefined>

/** Keys by stage, of a recipe in a folder. */
async function keysOf(folder: string, sets: readonly string[] = [], text = recipe()): Promise<Keys> {
  const file = join(folder, 'r.yaml')
  await writeFile(file, text)
  const loaded = await loadRecipe(file, { sets })
  if (loaded.variants.length === 0) throw new Error(loaded.diagnostics.map(({ message }) => message).join('\n'))
  const { stages } = await outlineOf(loaded)
  for (const { params } of stages) assert.not.match(JSON.stringify(params), /data|geojson|safetensors|\.tar/)
  return new Map(stages.map(({ id, key }) => [id, key]))
}

/** Stages whose keys differ. */
const differing = (a: Keys, b: Keys): readonly string[] =>
  [...a].flatMap(([id, key]) => (key !== undefined && b.get(id) === key ? [] : [id]))

/** A project with its data, and the keys that its recipe has. */
async function project(folder: string): Promise<Keys> {
  await put(join(folder, 'data'), data)
  await writeFile(join(folder, 'package.json'), '{}')
  return keysOf(folder)
}

test('keys are the same in another checkout, and with the data elsewhere: by a link, an absolute or a relative path', () =>
  inTempFolder(async folder => {
    const [first, second] = [join(folder, 'first'), join(folder, 'deeper', 'second')]
    const keys = await project(first)
    assert.equal(differing(keys, await project(second)), [])
    await rename(join(second, 'data'), join(folder, 'moved'))
    for (const place of ['../../moved', join(folder, 'moved')])
      assert.equal(differing(keys, await keysOf(second, [`params.data=${place}`])), [], place)
    await symlink(join(folder, 'moved'), join(second, 'data'))
    assert.equal(differing(keys, await keysOf(second)), [])
  }))

test('keys are the same when files and folders that a recipe names are renamed, and when others come and go', () =>
  inTempFolder(async folder => {
    const keys = await project(folder)
    await put(join(folder, 'data'), { 'notes.txt': 'x', 'shards/2.tar': 'not named', 'tables/README': 'x' })
    await put(folder, { 'other/a.csv': 'x' })
    assert.equal(differing(keys, await keysOf(folder)), [])
    await mkdir(join(folder, 'data/renamed'))
    for (const name of ['classes', 'rows', 'karpathy.json', 'shards', 'tables', 'landmarks.geojson'])
      await rename(join(folder, 'data', name), join(folder, 'data/renamed', `new ${name}`))
    for (const name of ['clip.safetensors', 'tokenizer.json'])
      await rename(join(folder, 'data', name), join(folder, 'data/renamed', `new ${name}`))
    await rename(join(folder, 'data/renamed/new shards/0.tar'), join(folder, 'data/renamed/new shards/z.tar'))
    const named = (path: string) => `renamed/new ${path.replace('0.tar', 'z.tar')}`
    assert.equal(differing(keys, await keysOf(folder, [], recipe(named))), [])
  }))

test('keys differ where content, the names inside a folder, or the order of a list does', () =>
  inTempFolder(async folder => {
    const keys = await project(folder)
    const at = (path: string) => join(folder, 'data', path)
    /** Stages whose keys another state of the data changes; it is as before then. */
    const changedBy = async (change: () => Promise<unknown>): Promise<readonly string[]> => {
      await cp(at(''), join(folder, 'kept'), { recursive: true })
      await change()
      const found = differing(keys, await keysOf(folder))
      await rm(at(''), { recursive: true })
      await rename(join(folder, 'kept'), at(''))
      return found
    }
    const swap = async (one: string, other: string) => {
      await rename(at(one), at('aside'))
      await rename(at(other), at(one))
      await rename(at('aside'), at(other))
    }
    const shards = ['shards.0', 'shards.1', 'shards']
    assert.equal(await changedBy(() => swap('shards/0.tar', 'shards/1.tar')), shards)
    assert.equal(await changedBy(() => writeFile(at('shards/1.tar'), 'other')), shards)
    assert.equal(await changedBy(() => swap('tables/0.parquet', 'tables/1.parquet')), ['tars', 'paths'])
    assert.equal(await changedBy(() => swap('tables/0.tar', 'tables/1.tar')), ['tars'])
    const classes = ['classes', 'rows', 'karpathy', 'paths', 'clip.on.classes.test', 'measured']
    assert.equal(await changedBy(() => rename(at('classes/lake'), at('classes/sea'))), classes)
    assert.equal(await changedBy(() => writeFile(at('karpathy.json'), '{"images": [] }')), ['karpathy'])
    assert.equal(await changedBy(() => writeFile(at('landmarks.geojson'), `${landmarks} `)), [
      'places.tiles',
      'places',
      'web',
    ])
    assert.equal(await changedBy(() => writeFile(at('tokenizer.json'), '{} ')), [
      'clip',
      'clip.on.classes.test',
      'measured',
    ])
  }))

test.run()
