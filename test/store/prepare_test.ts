import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
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
    assert.match(await refusal(folder), 'has an unknown layout')
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
