import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { asNobody } from '../store/support.ts'
import { inTempFolder } from '../support.ts'

const program = join(import.meta.dirname, 'fixtures', 'run.js')

const run = (cwd: string, plan: string, flags: object = {}) =>
  execa('node', [program, plan, JSON.stringify(flags)], { cwd, reject: false, env: { TERROIR_STORE: '' } })

test('a first run makes everything, tells claims and report; a second one says that all is up to date', () =>
  inTempFolder(async folder => {
    const first = await run(folder, 'small')
    assert.is(first.exitCode, 0, first.stderr)
    assert.match(first.stderr, /^start +good\n/)
    assert.match(first.stdout, /counts +at least 2 +3 +held +this fixture/)
    assert.match(first.stdout, /counts-much +9 ± 1 +3 +not held/)
    const report = /Report: (.*)$/m.exec(first.stdout)?.[1] ?? ''
    assert.match(await readFile(report, 'utf8'), '<!doctype html>')
    const written = (await stat(report)).mtimeMs
    const lock = await readFile(join(folder, 'fixture.lock'), 'utf8')
    assert.match(lock, '"stage good metric:count": 3')
    const second = await run(folder, 'small')
    assert.is(second.exitCode, 0)
    assert.is(second.stderr, '')
    assert.match(second.stdout, 'Everything is up to date')
    assert.match(second.stdout, report)
    assert.is((await stat(report)).mtimeMs, written)
    assert.is(await readFile(join(folder, 'fixture.lock'), 'utf8'), lock)
  }))

test('a claim that does not hold fails a strict run only', () =>
  inTempFolder(async folder => {
    assert.is((await run(folder, 'small', { strict: true })).exitCode, 1)
    assert.is((await run(folder, 'small')).exitCode, 0)
  }))

test('a failure is told without a stack trace, and the exit code is 1', () =>
  inTempFolder(async folder => {
    const { exitCode, stderr, stdout } = await run(folder, 'failing')
    assert.is(exitCode, 1)
    assert.match(
      stderr,
      'error: bad: Image "a.jpg" is missing; put it back or remove its row\n  while: 7 of 20 tiles done',
    )
    assert.not.match(stderr, /^ +at /m)
    assert.match(
      stdout,
      'fixture failed; 1 of 3 stages are done and kept, a run goes on from there once the fault is mended',
    )
  }))

test('with --debug any failure is told with its stack, which is no defect for that', () =>
  inTempFolder(async folder => {
    const { stderr } = await run(folder, 'failing', { debug: true })
    assert.match(stderr, /^ {6}at .*kinds\.ts:\d+/m)
    assert.not.match(stderr, 'This is a defect')
  }))

test('a defect is told with its stack and log, and as one', () =>
  inTempFolder(async folder => {
    const { exitCode, stderr } = await run(folder, 'defect')
    assert.is(exitCode, 1)
    assert.match(stderr, 'error: bad: rows is not iterable\n  while: here I am\n')
    assert.match(stderr, /^ {6}at .*kinds\.ts:\d+/m)
    assert.match(stderr, /\n {2}log: .*bad\.log\n {2}This is a defect of terroir; please report it, with the log\n/)
  }))

test('a failure as JSON has class, hint and place', () =>
  inTempFolder(async folder => {
    const { stdout } = await run(folder, 'failing', { json: true })
    const failed = stdout
      .split('\n')
      .map(line => JSON.parse(line))
      .find(({ kind }) => kind === 'stage-failed')
    assert.is(failed.fault.class, 'data')
    assert.is(failed.fault.hint, 'put it back or remove its row')
    assert.equal(failed.fault.place, { item: 'a.jpg' })
  }))

test('events as JSON: one object a line, the summary last', () =>
  inTempFolder(async folder => {
    const { stdout } = await run(folder, 'small', { json: true, until: 'good' })
    const kinds = stdout.split('\n').map(line => JSON.parse(line).kind)
    assert.is(kinds[0], 'run-started')
    assert.is(kinds.at(-1), 'summary')
    assert.ok(kinds.includes('stage-done'))
  }))

test('an interruption stops the run with exit code 130', () =>
  inTempFolder(async folder => {
    const child = execa('node', [program, 'stoppable'], { cwd: folder, reject: false })
    child.stderr.on('data', text => {
      if (String(text).includes('start')) child.kill('SIGINT')
    })
    const { exitCode, stdout } = await child
    assert.is(exitCode, 130)
    assert.match(stdout, 'fixture was stopped; 0 of 1 stages')
  }))

test('a store that may only be read serves what it holds; where something is missing, that is told', () =>
  inTempFolder(async folder => {
    await run(folder, 'small')
    await execa('chmod', ['-R', 'a-w', folder])
    await execa('chmod', ['-R', 'a+rX', folder])
    const read = await asNobody([program, 'small'], folder)
    assert.is(read.exitCode, 0, read.stderr)
    assert.match(read.stdout, 'Everything is up to date')
    const more = await asNobody([program, 'failing'], folder)
    assert.is(more.exitCode, 1)
    assert.match(
      more.stderr,
      /The store cannot be written, '.*': permission is denied; choose another folder with --store/,
    )
    await execa('chmod', ['-R', 'u+w', folder])
  }))

test('a locked run in a new store makes the locked results, and leaves the lock as it is', () =>
  inTempFolder(async folder => {
    const path = join(folder, 'fixture.lock')
    const without = await run(folder, 'small', { locked: true })
    assert.is(without.exitCode, 1)
    assert.match(without.stderr, "error: There is no 'fixture.lock'; a finished run writes it")
    await run(folder, 'small')
    const again = await run(folder, 'small', { locked: true, store: join(folder, 'again') })
    assert.is(again.exitCode, 0, again.stderr)

    const other = (await readFile(path, 'utf8'))
      .replace('"stage good metric:count": 3', '"stage good metric:count": 4')
      .replace(/("stage good output": )"[0-9a-f]{8}/, '$1"01234567')
    await writeFile(path, other)
    const differing = await run(folder, 'small', { locked: true })
    assert.is(differing.exitCode, 1)
    assert.match(differing.stderr, /^good +output +01234567 +[0-9a-f]{8} +as locked$/m)
    assert.match(differing.stderr, /^good +count +4 +3 +\u22121 +as locked$/m)
    assert.match(differing.stderr, 'error: The result of 1 stage is not as locked; the lock was left as it is')
    assert.is(await readFile(path, 'utf8'), other)
  }))

test('a locked run refuses a recipe that is not the locked one, and names what differs', () =>
  inTempFolder(async folder => {
    await run(folder, 'small')
    const { exitCode, stderr } = await run(folder, 'failing', { locked: true })
    assert.is(exitCode, 1)
    assert.match(stderr, /^bad +stage +none +new$/m)
    assert.match(stderr, /^ +claim counts +.*at least 2.* +none$/m)
    assert.match(stderr, 'so nothing was run')
  }))

test.run()
