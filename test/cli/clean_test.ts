import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { reachableKeys } from '../../runtime/app/reachable.ts'
import { recordRoot } from '../../runtime/store/roots.ts'
import { listResults, openStore } from '../../runtime/store/store.ts'
import { inTempFolder } from '../support.ts'

const cli = join(import.meta.dirname, '../../runtime/cli/main.js')
const fixture = join(import.meta.dirname, 'fixtures', 'run.js')
const env = { TERROIR_STORE: '' }

/** Runs a plan of two quick stages, which leaves `fixture.lock` and a store. */
const runSmall = (cwd: string) => execa('node', [fixture, 'small'], { cwd, env })

const clean = (cwd: string, ...flags: readonly string[]) =>
  execa('node', [cli, 'clean', ...flags], { cwd, env, reject: false })

const results = async (folder: string): Promise<number> =>
  (await listResults(openStore(join(folder, '.terroir')))).keys.length

test('what a lock needs stays; without the lock it is listed, and goes only when that is said', () =>
  inTempFolder(async folder => {
    await runSmall(folder)
    assert.match(
      (await clean(folder, '--yes')).stdout,
      /^Nothing to remove: 2 results \(.*\) kept for 1 lock and 0 rec/,
    )
    await mkdir(join(folder, 'branch'))
    await execa('mv', ['fixture.lock', 'branch'], { cwd: folder })
    assert.match((await clean(folder, '--yes')).stdout, 'Nothing to remove')
    await rm(join(folder, 'branch'), { recursive: true })
    const listed = await clean(folder, '--dry-run')
    assert.match(listed.stdout, /^result +[0-9a-f]{8} +good +.* old +\d.*B$/m)
    assert.match(listed.stdout, /can go; 0 results/)
    const unasked = await clean(folder)
    assert.is(unasked.stderr, 'Nothing was removed; add --yes to remove these')
    assert.is(unasked.exitCode, 2)
    assert.match((await clean(folder, '--keep-days', '1', '--yes')).stdout, 'Nothing to remove')
    assert.is(await results(folder), 2)
    assert.match((await clean(folder, '--yes')).stdout, /Removed \d.*B$/)
    assert.is(await results(folder), 0)
    await runSmall(folder)
    assert.is(await results(folder), 2)
  }))

test('verify names what was flipped, is missing or was added, sets it aside, and the next run makes it anew', () =>
  inTempFolder(async folder => {
    await runSmall(folder)
    const lock = await readFile(join(folder, 'fixture.lock'), 'utf8')
    const store = openStore(join(folder, '.terroir'))
    const [first = '', second = ''] = (await listResults(store)).keys
    const text = (key: string): string => join(store.folder, 'results', key, 'text')
    assert.match((await clean(folder, '--verify')).stdout, '2 results as published, 0 damaged')
    const bytes = await readFile(text(first))
    await chmod(text(first), 0o644)
    await writeFile(text(first), Buffer.from([(bytes[0] ?? 0) ^ 1, ...bytes.subarray(1)]))
    await rm(text(second))
    await writeFile(join(store.folder, 'results', second, 'added'), '')
    await writeFile(join(store.folder, 'results', 'notes.txt'), '')
    const told = await clean(folder, '--verify')
    assert.is(told.exitCode, 1)
    assert.match(
      told.stdout,
      new RegExp(`damaged +${first.slice(0, 8)} .*\n +"text" is not as it was published\n +moved to`),
    )
    assert.match(
      told.stdout,
      /"text" is missing\n +"added" was added after publishing\n +moved to .*; the next run makes/,
    )
    assert.match(told.stdout, /notes\.txt" is no result; move it elsewhere/)
    assert.is((await readdir(join(store.folder, 'damaged'))).length, 2)
    await runSmall(folder)
    assert.is(await readFile(join(folder, 'fixture.lock'), 'utf8'), lock)
    assert.match((await clean(folder, '--verify')).stdout, '2 results as published, 0 damaged')
    assert.match((await clean(folder, '--yes')).stdout, 'damaged result')
    assert.equal(await readdir(join(store.folder, 'damaged')), [])
    assert.is(await results(folder), 2)
  }))

test('logs of runs that hold no latest log go', () =>
  inTempFolder(async folder => {
    await runSmall(folder)
    await execa('node', [fixture, 'small', '{"force":["good"]}'], { cwd: folder, env })
    assert.match((await clean(folder, '--yes')).stdout, /^logs +1 past run/)
    assert.is((await readdir(join(folder, '.terroir/logs'))).length, 1)
    assert.match((await execa('node', [cli, 'logs', 'good'], { cwd: folder, env })).stdout, 'one image was skipped')
  }))

test('locks of other branches count, until no branch has them', () =>
  inTempFolder(async folder => {
    await runSmall(folder)
    const git = (...args: readonly string[]) => execa('git', args, { cwd: folder })
    await git('init', '-q', '-b', 'main')
    await git('config', 'user.email', 'a@b.c')
    await git('config', 'user.name', 'a')
    await git('commit', '-q', '--allow-empty', '-m', 'begin')
    await git('checkout', '-q', '-b', 'ablation')
    await git('add', 'fixture.lock')
    await git('commit', '-q', '-m', 'lock')
    assert.match((await clean(folder, '--dry-run')).stdout, 'kept for 1 lock and')
    await git('checkout', '-q', 'main')
    assert.match((await clean(folder, '--dry-run')).stdout, /^Nothing to remove: .* kept for 1 lock and/)
    await git('branch', '-q', '-D', 'ablation')
    assert.match((await clean(folder, '--dry-run')).stdout, 'can go')
  }))

test('every recipe that ran in the store counts, wherever it is, until its file is gone', () =>
  inTempFolder(async folder => {
    const store = openStore(join(folder, 'store'))
    await store.prepare()
    const recipe = join(folder, 'elsewhere.yaml')
    await writeFile(recipe, 'no recipe any more')
    await recordRoot(store.folder, { recipe, keys: ['a', 'b'] })
    await recordRoot(store.folder, { recipe, keys: ['b', 'c'] })
    const keys = async () =>
      [...(await reachableKeys(store, { project: store.folder, withVariants: true })).keys].sort()
    assert.equal(await keys(), ['b', 'c'])
    await rm(recipe)
    assert.equal(await keys(), [])
  }))

test.run()
