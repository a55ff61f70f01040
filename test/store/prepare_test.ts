import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { makeBelow } from '../../runtime/store/files.ts'
import { recordRoot } from '../../runtime/store/roots.ts'
import { openStore } from '../../runtime/store/store.ts'
import { inTempFolder } from '../support.ts'
import { asNobody } from './support.ts'

const refusal = (folder: string): Promise<string> =>
  openStore(folder)
    .prepare()
    .then(() => 'prepared', String)

test('a store is made with the folders around it, once', () =>
  inTempFolder(async folder => {
    const at = join(folder, 'deep', 'down')
    assert.is(await refusal(at), 'prepared')
    assert.is(await refusal(at), 'prepared')
    assert.equal((await readdir(at)).sort(), ['.gitignore', 'alive', 'claims', 'results', 'staging', 'store.json'])
    assert.equal(await readdir(join(at, 'staging')), [])
  }))

test('a kill while a store is made leaves one that the next run completes', () =>
  inTempFolder(async folder => {
    await mkdir(join(folder, 'results'))
    assert.is(await refusal(folder), 'prepared')
  }))

test('what a run leaves of a store that was deleted meanwhile is completed; a folder of a person is not taken for it', () =>
  inTempFolder(async folder => {
    const run = '20260102T030405-123-ab12'
    for (const [index, path] of [`status/${run}.json`, `logs/${run}`, 'alive', 'claims/x'].entries()) {
      await mkdir(join(folder, String(index), path), { recursive: true })
      assert.is(await refusal(join(folder, String(index))), 'prepared', path)
    }
    for (const path of ['logs/today.txt', 'reports/thesis']) {
      const own = await mkdtemp(join(folder, 'own'))
      await mkdir(join(own, path), { recursive: true })
      assert.match(await refusal(own), 'holds other files and no store', path)
    }
  }))

test('folders are made in a store, but a store that is gone does not come back in parts', () =>
  inTempFolder(async folder => {
    const root = join(folder, 'store')
    const store = openStore(root)
    await store.prepare()
    await makeBelow(root, 'a', 'b')
    assert.equal(await readdir(join(root, 'a')), ['b'])
    await rm(root, { recursive: true })
    const key = '0'.repeat(64)
    for (const attempt of [
      makeBelow(root, 'a'),
      store.checkpoints(key),
      recordRoot(root, { recipe: 'r', keys: [key] }),
    ])
      assert.match(await attempt.then(() => 'made', String), 'ENOENT')
    assert.equal(await readdir(folder), [])
  }))

test('a place where no folder can be made is told, at once', async () => {
  if (process.platform !== 'linux') return
  assert.match(await refusal('/proc/terroir/store'), "The store cannot be written, '/proc/terroir'")
  assert.match(await refusal('/dev/null/store'), 'a file stands where a folder belongs; choose another folder')
})

test('a folder of other things is no store', () =>
  inTempFolder(async folder => {
    await writeFile(join(folder, 'thesis.tex'), '')
    assert.match(await refusal(folder), 'holds other files and no store; name a new or an empty folder with --store')
    assert.equal(await readdir(folder), ['thesis.tex'])
  }))

test('a store of another layout is neither read nor written', () =>
  inTempFolder(async folder => {
    await mkdir(join(folder, 'results'))
    await writeFile(join(folder, 'store.json'), '{"layout":2}\n')
    const fault = 'has layout 2, and this version of terroir reads layout 1; use the version that made it, or another'
    assert.match(await refusal(folder), fault)
    assert.match(String(await openStore(folder).find('0'.repeat(64)).catch(String)), fault)
    await writeFile(join(folder, 'store.json'), '')
    assert.match(
      await refusal(folder),
      `'${join(folder, 'store.json')}' is damaged: it does not say the layout of the store; delete this one file`,
    )
    await rm(join(folder, 'store.json'))
    assert.is(await refusal(folder), 'prepared')
  }))

test('a folder that may not be written is told', () =>
  inTempFolder(async folder => {
    await chmod(folder, 0o555)
    const path = join(folder, 'store')
    const { stderr } = await asNobody([
      '--input-type=module',
      '-e',
      `import { openStore } from '${join(import.meta.dirname, '../../runtime/store/store.js')}'
       await openStore('${path}').prepare().catch(error => console.error(error.message))`,
    ])
    assert.match(stderr, `The store cannot be written, '${path}': permission is denied; choose another folder`)
    await chmod(folder, 0o755)
  }))

test.run()
