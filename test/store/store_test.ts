import { cp, mkdir, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isAlive, thisProcess } from '../../runtime/store/process.ts'
import { openStore, type Store } from '../../runtime/store/store.ts'
import { inTempFolder } from '../support.ts'
import { outcome } from './support.ts'

const { key } = outcome

async function staged(store: Store, text = 'content'): Promise<string> {
  const folder = await store.stage(key)
  await mkdir(join(folder, 'shards'))
  await writeFile(join(folder, 'shards', 'a.bin'), text)
  return folder
}

test('a published result is found with its files, and its staging folder is gone', () =>
  inTempFolder(async folder => {
    const store = openStore(folder)
    assert.is(await store.find(key), undefined)
    const published = await store.publish(await staged(store), outcome)
    const found = await store.find(key)
    assert.equal(found, published)
    assert.equal(Object.keys(published.manifest.files), ['shards/a.bin'])
    assert.is(await readFile(join(published.folder, 'shards/a.bin'), 'utf8'), 'content')
    assert.equal(await readdir(join(folder, 'staging')), [])
    assert.equal(await store.verify(key), [])
  }))

test('the digest depends on files and metrics, not on time, engine or the name of the stage', async () => {
  const digestOf = (text: string, change: object) =>
    inTempFolder(async folder => {
      const store = openStore(folder)
      return (await store.publish(await staged(store, text), { ...outcome, ...change })).manifest.digest
    })
  const digest = await digestOf('content', {})
  assert.is(await digestOf('content', { seconds: 99, engine: 'cuda', id: 'other' }), digest)
  assert.is.not(await digestOf('Content', {}), digest)
  assert.is.not(await digestOf('content', { metrics: { tiles: 13, share: 0.25 } }), digest)
})

test('the first of two publishers wins; replace is how another takes its place', () =>
  inTempFolder(async folder => {
    const store = openStore(folder)
    const [first, second, third] = [await staged(store, '1'), await staged(store, '2'), await staged(store, '3')]
    const kept = await store.publish(first, outcome)
    assert.equal(await store.publish(second, { ...outcome, seconds: 7 }), kept)
    const replaced = await store.publish(third, outcome, { replace: true })
    assert.is(await readFile(join(replaced.folder, 'shards/a.bin'), 'utf8'), '3')
    assert.equal(await readdir(join(folder, 'staging')), [])
  }))

test('a kill while a result is replaced loses neither: the old one is put back unless the new one is in place', () =>
  inTempFolder(async folder => {
    const store = openStore(folder)
    const aside = join(folder, 'replaced', key)
    const old = await store.publish(await staged(store, 'old'), outcome)
    await mkdir(join(folder, 'replaced'))
    await rename(old.folder, aside)
    await store.sweep()
    assert.is((await store.find(key))?.manifest.digest, old.manifest.digest)
    await cp(old.folder, aside, { recursive: true })
    const { manifest } = await store.publish(await staged(store, 'new'), outcome, { replace: true })
    assert.is.not(manifest.digest, old.manifest.digest)
    assert.equal(await readdir(join(folder, 'replaced')), [])
    await cp(old.folder, aside, { recursive: true })
    await store.sweep()
    assert.is((await store.find(key))?.manifest.digest, manifest.digest)
    assert.equal(await readdir(join(folder, 'replaced')), [])
  }))

test('racing publishers leave one sound result', () =>
  inTempFolder(async folder => {
    const store = openStore(folder)
    const folders = await Promise.all(Array.from({ length: 8 }, (_, index) => staged(store, `content ${index}`)))
    const results = await Promise.all(folders.map(from => store.publish(from, outcome)))
    assert.is(new Set(results.map(result => result.manifest.digest)).size, 1)
    assert.equal(await store.verify(key), [])
  }))

test('a damaged result counts as absent, is described by verify, and is replaced by the next publish', () =>
  inTempFolder(async folder => {
    const store = openStore(folder)
    const { folder: result } = await store.publish(await staged(store), outcome)
    await writeFile(join(result, 'shards/a.bin'), 'cOntent')
    await writeFile(join(result, 'foreign'), '')
    assert.ok(await store.find(key))
    await symlink('/etc/hostname', join(result, 'link'))
    assert.equal(await store.verify(key), [
      '"shards/a.bin" is not as it was published',
      '"foreign" was added after publishing',
      '"link" was added after publishing',
    ])
    await rm(join(result, 'shards/a.bin'))
    assert.match((await store.verify(key))[0] ?? '', '"shards/a.bin" is missing')
    assert.is(await store.find(key), undefined)
    await store.publish(await staged(store), outcome)
    assert.equal(await store.verify(key), [])
    await writeFile(join(result, 'manifest.json'), '{"key": ')
    assert.is(await store.find(key), undefined)
    await store.publish(await staged(store), outcome)
    assert.ok(await store.find(key))
  }))

test('files of a result are read-only, and the folder of a store can be deleted all the same', () =>
  inTempFolder(async folder => {
    const store = openStore(join(folder, 'store'))
    const result = await store.publish(await staged(store), outcome)
    for (const name of ['shards/a.bin', 'manifest.json'])
      assert.is((await stat(join(result.folder, name))).mode & 0o777, 0o444)
    await execa('rm', ['-r', store.folder])
  }))

test('what is damaged is set aside by the next publish, not deleted', () =>
  inTempFolder(async folder => {
    const store = openStore(folder)
    const { folder: result } = await store.publish(await staged(store, 'first'), outcome)
    await rm(join(result, 'manifest.json'))
    await store.publish(await staged(store, 'second'), outcome)
    const [aside = ''] = await readdir(join(folder, 'damaged'))
    assert.is(await readFile(join(folder, 'damaged', aside, 'shards/a.bin'), 'utf8'), 'first')
    assert.equal(await store.verify(key), [])
  }))

test('links in a result are refused', () =>
  inTempFolder(async folder => {
    const store = openStore(folder)
    const from = await staged(store)
    await symlink('/etc/hostname', join(from, 'link'))
    const fault = await store.publish(from, outcome).catch(String)
    assert.match(String(fault), '"link" is neither a file nor a folder')
    assert.is(await store.find(key), undefined)
  }))

test('a key that is not a digest never becomes a path', () =>
  inTempFolder(async folder => {
    const fault = await openStore(folder).find('../../etc').catch(String)
    assert.match(String(fault), 'is no key')
  }))

const crashChild = join(import.meta.dirname, 'crash_child.js')

for (const mode of ['publish', 'replace'] as const) {
  test(`a kill before any file-system call of ${mode} leaves nothing partial, and the next run recovers`, () =>
    inTempFolder(async folder => {
      const store = openStore(folder)
      const before = mode === 'replace' ? await store.publish(await staged(store), outcome) : undefined
      let fatal = 1
      while (true) {
        const child = await execa('node', [crashChild, folder, String(fatal), mode], { reject: false })
        const found = await store.find(key)
        if (found !== undefined) assert.equal(await store.verify(key), [])
        if (child.exitCode === 0) break
        assert.is(child.signal, 'SIGKILL', child.stderr)
        await store.sweep()
        assert.equal(await readdir(join(folder, 'staging')).catch(() => []), [])
        fatal += 1
      }
      assert.ok(fatal > 12)
      const after = await store.find(key)
      assert.ok(after)
      assert.is.not(after?.manifest.digest, before?.manifest.digest)
    }))
}

test('sweep leaves the folders of living processes, on other machines too, and what it does not know', () =>
  inTempFolder(async folder => {
    const store = openStore(folder)
    await staged(store)
    await mkdir(join(folder, 'staging', 'notes'))
    await mkdir(join(folder, 'staging', `${key}.another-host.1.1.abcd`))
    const beat = join(folder, 'alive', 'another-host.1.1.aaaa')
    await writeFile(beat, '\n')
    assert.equal(await store.sweep(), [])
    const longAgo = new Date(Date.now() - 600_000)
    await utimes(beat, longAgo, longAgo)
    assert.equal(await store.sweep(), [`${key}.another-host.1.1.abcd`])
    assert.equal(await readdir(join(folder, 'alive')), [])
  }))

test('a process is told from another of the same number by its start', () => {
  assert.ok(isAlive(thisProcess()))
  assert.not.ok(isAlive({ ...thisProcess(), start: '1' }))
  assert.not.ok(isAlive({ pid: 2 ** 22 + 5, start: '1' }))
})

test.run()
