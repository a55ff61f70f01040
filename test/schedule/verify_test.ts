import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { chmod, cp, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { RunEvent } from '../../runtime/schedule/events.ts'
import { runLocally } from '../../runtime/schedule/run_local.ts'
import { findResults } from '../../runtime/schedule/select.ts'
import { checkStored } from '../../runtime/schedule/verify.ts'
import { openStore, type Store } from '../../runtime/store/store.ts'
import { inTempFolder } from '../support.ts'
import { diamond as fixture } from './fixtures/diamond.ts'
import { fixtureWorker } from './support.ts'

const { left, plan } = fixture

async function run(store: Store, onEvent: (event: RunEvent) => void = () => undefined) {
  const end = await runLocally(plan, {
    store,
    found: await findResults(plan, store),
    forced: new Set(),
    keepGoing: false,
    jobs: 1,
    signal: new AbortController().signal,
    entry: fixtureWorker,
    onEvent,
  })
  return end.outcome
}

const check = async (store: Store, whole = false) =>
  checkStored(plan.stages, { store, found: await findResults(plan, store), whole: () => whole })

const pathOf = (store: Store): string => join(store.folder, 'results', left.key, 'text')

/** Changes a byte of a result; its size stays. */
function flip(path: string): void {
  const bytes = readFileSync(path)
  bytes[0] = (bytes[0] ?? 0) ^ 0x40
  chmodSync(path, 0o644)
  writeFileSync(path, bytes)
}

test('a result that was changed in its place is set aside, told with the file, and made anew', () =>
  inTempFolder(async folder => {
    const store = openStore(folder)
    assert.is(await run(store), 'done')
    assert.equal(await check(store, true), [])
    flip(pathOf(store))
    assert.is((await store.find(left.key))?.isTouched, true)
    const [damaged, ...others] = await check(store)
    assert.equal(others, [])
    assert.is(damaged?.stage, 'left')
    assert.equal(damaged?.faults, ['"text" is not as it was published'])
    assert.ok(existsSync(join(damaged?.movedTo ?? '', 'text')))
    assert.is(await store.find(left.key), undefined)
    assert.is(await run(store), 'done')
    assert.is(await readFile(pathOf(store), 'utf8'), 'left()')
    assert.equal(await check(store, true), [])
  }))

test('a result whose file has other content with the old times is found by reading all', () =>
  inTempFolder(async folder => {
    const [original, copy] = [openStore(join(folder, 'a')), openStore(join(folder, 'b'))]
    assert.is(await run(original), 'done')
    await cp(original.folder, copy.folder, { recursive: true })
    flip(pathOf(copy))
    await utimes(pathOf(copy), new Date('2020-01-01'), new Date('2020-01-01'))
    await copy.recordSound(left.key)
    assert.equal(await check(copy), [])
    assert.is((await check(copy, true))[0]?.stage, 'left')
  }))

test('a result of which a file is missing or the manifest is damaged is told, too', () =>
  inTempFolder(async folder => {
    const store = openStore(folder)
    assert.is(await run(store), 'done')
    const manifest = join(folder, 'results', left.key, 'manifest.json')
    await chmod(manifest, 0o644)
    await writeFile(manifest, '{')
    const [damaged] = await check(store)
    assert.equal(damaged?.faults, ['"manifest.json" is missing or not as it was published'])
    assert.is((await readdir(join(folder, 'damaged'))).length, 1)
  }))

test('a copy of a store is read once, and then trusted by its stamps', () =>
  inTempFolder(async folder => {
    const [original, copy] = [openStore(join(folder, 'a')), openStore(join(folder, 'b'))]
    assert.is(await run(original), 'done')
    await cp(original.folder, copy.folder, { recursive: true })
    for (const { key } of plan.stages) await chmod(join(copy.folder, 'results', key, 'text'), 0o400)
    assert.is((await copy.find(left.key))?.isTouched, true)
    assert.equal(await check(copy), [])
    assert.is((await copy.find(left.key))?.isTouched, undefined)
    flip(pathOf(copy))
    assert.is((await copy.find(left.key))?.isTouched, true)
  }))

test('what systems leave in a result is no damage', () =>
  inTempFolder(async folder => {
    const store = openStore(folder)
    assert.is(await run(store), 'done')
    await writeFile(join(folder, 'results', left.key, '.DS_Store'), 'x')
    assert.equal(await check(store, true), [])
  }))

test('an input that is damaged after the run began fails the stage that reads it, and the next run makes it anew', () =>
  inTempFolder(async folder => {
    const store = openStore(folder)
    const faults: string[] = []
    const outcome = await run(store, event => {
      if (event.kind === 'stage-done' && event.stage === 'left') flip(pathOf(store))
      if (event.kind === 'stage-failed') faults.push(event.fault.text)
    })
    assert.is(outcome, 'failed')
    assert.match(
      faults.join(),
      /^The stored result of 'left' is damaged: "text" is not as it was published; it was set aside as .*; run again, and it is made anew$/,
    )
    assert.is(await run(store), 'done')
    assert.is(await readFile(pathOf(store), 'utf8'), 'left()')
  }))

test.run()
