import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isRecord, parseJson } from '../../dsl/values/json.ts'
import { readSamples } from '../../runtime/data/dataset.ts'
import { listResults, openStore, type Result } from '../../runtime/store/store.ts'
import { picture, put } from '../data/readers/support.ts'
import { inTempFolder } from '../support.ts'

const program = join(import.meta.dirname, 'fixtures', 'run_recipe.js')
const terroir = join(import.meta.dirname, '../../runtime/cli/main.js')

const recipe = (parts: number, corrupt = 1): string => `name: parts
sources:
  photos: { kind: folder, path: photos, parts: ${parts}, max_corrupt: ${corrupt}, tile_size: 32 }
filters:
  tidy: { kind: rules, from: photos, min_words: 1, min_contrast: 0 }
`

/** A recipe, and nine images of which the fifth is none. */
async function writeProject(folder: string, parts = 3, corrupt?: number): Promise<void> {
  const images = Array.from({ length: 9 }, async (_, i) => [`photos/lake/${i}.jpg`, await picture(i + 2)] as const)
  await put(folder, { ...Object.fromEntries(await Promise.all(images)), 'photos/lake/4.jpg': 'no picture' })
  await writeFile(join(folder, 'parts.yaml'), recipe(parts, corrupt))
}

/** Runs, and says which stages were done. */
async function run(cwd: string, flags: object = {}) {
  const args = [program, 'parts.yaml', JSON.stringify({ json: true, ...flags })]
  const { exitCode, stdout, stderr } = await execa('node', args, { cwd, reject: false, env: { TERROIR_STORE: '' } })
  const lines: readonly unknown[] = stdout.split('\n').map(parseJson)
  const events = lines.filter(isEvent)
  const done = events.flatMap(({ kind, stage }) => (kind === 'stage-done' ? [String(stage)] : []))
  return { exitCode, events, done: done.sort().join(' '), text: `${stdout}${stderr}` }
}

const isEvent = (value: unknown): value is { readonly kind: string; readonly stage?: unknown } =>
  isRecord(value) && typeof value.kind === 'string'

/** The results of a folder's store by stage. */
async function resultsOf(folder: string, name = '.terroir'): Promise<ReadonlyMap<string, Result>> {
  const store = openStore(join(folder, name))
  const { keys } = await listResults(store)
  const results = await Promise.all(keys.map(key => store.read(key)))
  return new Map(results.flatMap(result => (result === undefined ? [] : [[result.manifest.id, result]])))
}

async function filesOf(result: Result | undefined): Promise<readonly unknown[]> {
  const files: unknown[] = []
  for await (const { facts } of readSamples(result?.folder ?? '')) files.push(facts.file)
  return files
}

test('parts make the samples that the whole makes, whatever their number', () =>
  inTempFolder(async folder => {
    const samples = []
    for (const parts of [1, 2, 14]) {
      await writeProject(folder, parts)
      const { exitCode, text } = await run(folder, { store: `store-${parts}` })
      assert.is(exitCode, 0, text)
      const photos = (await resultsOf(folder, `store-${parts}`)).get('photos')
      const all = []
      for await (const sample of readSamples(photos?.folder ?? '')) all.push(sample)
      samples.push({ all, metrics: photos?.manifest.metrics })
      assert.match(await readFile(join(photos?.folder ?? '', 'failed.jsonl'), 'utf8'), /"lake\/4.jpg".*\n$/)
    }
    assert.is(samples[0]?.all.length, 8)
    assert.equal(samples[1], samples[0])
    assert.equal(samples[2], samples[0])
  }))

test('a run that was killed makes only those parts again that were not done', () =>
  inTempFolder(async folder => {
    await writeProject(folder)
    const flags = JSON.stringify({ json: true, jobs: 1 })
    const killed = execa('node', [program, 'parts.yaml', flags], {
      cwd: folder,
      reject: false,
      env: { TERROIR_STORE: '' },
    })
    killed.stdout.on('data', text => {
      if (String(text).includes('stage-done')) killed.kill('SIGKILL')
    })
    assert.is((await killed).signal, 'SIGKILL')
    const kept = [...(await resultsOf(folder)).keys()]
    assert.ok(kept.length > 0 && kept.length < 3, kept.join())
    const { exitCode, done } = await run(folder)
    assert.is(exitCode, 0)
    const parts = ['photos.0', 'photos.1', 'photos.2']
    assert.is(done, ['photos', ...parts.filter(part => !kept.includes(part)), 'tidy'].join(' '))
  }))

test('items that failed are tried again alone; the others are taken as they are stored', () =>
  inTempFolder(async folder => {
    await writeProject(folder)
    assert.is((await run(folder)).done, 'photos photos.0 photos.1 photos.2 tidy')
    const nothing = await run(folder, { retryFailed: true })
    assert.is(nothing.done, 'photos.1', 'nothing is better, so nothing that is made from it runs')
    // Were they read again, these would fail now.
    for (const i of [0, 3, 5]) await writeFile(join(folder, `photos/lake/${i}.jpg`), 'gone bad')
    await writeFile(join(folder, 'photos/lake/4.jpg'), await picture(6))
    const again = await run(folder, { retryFailed: true })
    assert.is(again.exitCode, 0, again.text)
    assert.is(again.done, 'photos photos.1 tidy')
    const results = await resultsOf(folder)
    assert.equal(
      await filesOf(results.get('photos')),
      Array.from({ length: 9 }, (_, i) => `lake/${i}.jpg`),
    )
    assert.not.ok(existsSync(join(results.get('photos')?.folder ?? '', 'failed.jsonl')))
    assert.match((await run(folder, { retryFailed: true })).text, 'No finished stage has failed items')
    // The same as where nothing had ever failed.
    for (const i of [0, 3, 5]) await writeFile(join(folder, `photos/lake/${i}.jpg`), await picture(i + 2))
    await run(folder, { store: 'fresh' })
    const fresh = await resultsOf(folder, 'fresh')
    for (const [id, { manifest }] of results) assert.is(manifest.digest, fresh.get(id)?.manifest.digest, id)
  }))

test('where trying again fails the result is as it was', () =>
  inTempFolder(async folder => {
    await writeProject(folder)
    await run(folder)
    const before = [...(await resultsOf(folder))].map(([id, { manifest }]) => `${id} ${manifest.digest}`).join()
    await rename(join(folder, 'photos'), join(folder, 'away'))
    await mkdir(join(folder, 'photos'))
    const failed = await run(folder, { retryFailed: true })
    assert.is(failed.exitCode, 1)
    assert.match(failed.text, 'The results are as they were')
    assert.is([...(await resultsOf(folder))].map(([id, { manifest }]) => `${id} ${manifest.digest}`).join(), before)
    assert.is((await run(folder)).done, '')
  }))

test('parts together have no more faults than the source may have, and a stage that failed is told before it runs again', () =>
  inTempFolder(async folder => {
    await writeProject(folder)
    await writeFile(join(folder, 'photos/lake/8.jpg'), 'none either')
    const { exitCode, text, done } = await run(folder)
    assert.is(exitCode, 1)
    assert.match(text, '2 images or records are corrupt, and max_corrupt allows 1')
    assert.is(done, 'photos.0 photos.1 photos.2')
    const again = await run(folder, { retryFailed: true })
    assert.match(again.text, "'photos' failed and runs again: 2 images or records are corrupt")
  }))

test('a plan shows parts as one row, and how many of them are done', () =>
  inTempFolder(async folder => {
    await writeProject(folder)
    const tell = async (...args: readonly string[]) =>
      (await execa('node', [terroir, ...args], { cwd: folder, env: { TERROIR_STORE: '' } })).stdout
    assert.match(await tell('plan', 'parts.yaml'), /photos +folder, 3 parts +[0-9a-f]{8} +to run +photos\n/)
    await tell('run', 'parts.yaml', '--until', 'photos.1')
    assert.match(await tell('plan', 'parts.yaml'), 'to run, 1 of 3 parts cached')
    await tell('run', 'parts.yaml')
    assert.match(await tell('plan', 'parts.yaml'), /photos +folder, 3 parts +[0-9a-f]{8} +cached/)
    assert.not.match(await tell('plan', 'parts.yaml', '--graph', 'dot'), 'photos.0')
  }))

test.run()
