import { chmodSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { External } from '../../dsl/compile/plan.ts'
import type { RunEvent } from '../../runtime/schedule/events.ts'
import { runLocally } from '../../runtime/schedule/run_local.ts'
import { digestPath } from '../../runtime/store/digest_path.ts'
import { stampPath } from '../../runtime/store/path_stamp.ts'
import { openStore } from '../../runtime/store/store.ts'
import { inTempFolder } from '../support.ts'
import { fixtureWorker, planOf, stage } from './support.ts'

const longAgo = new Date('2020-01-01')

interface Reading {
  /** Kind of the stage. @default 'reads' */
  readonly kind?: string
  readonly wait?: number
  /** Called once, when the stage has read the input. */
  readonly whileItRuns: (data: string, stop: () => void) => void
}

/** Runs a stage that reads `data/table.csv`, with `data` as its input; `more` lies beside the table. */
async function runReading(folder: string, { kind = 'reads', wait = 300, whileItRuns }: Reading) {
  const data = join(folder, 'data')
  mkdirSync(data)
  for (const name of ['table.csv', 'more.csv']) {
    writeFileSync(join(data, name), 'before')
    utimesSync(join(data, name), longAgo, longAgo)
  }
  const input: External = { role: 'data', name: 'data', path: data, stamp: stampPath(data), sha256: digestPath(data) }
  const reads = stage('reads', kind, { params: { file: join(data, 'table.csv'), wait }, externals: [input] })
  const store = openStore(join(folder, 'store'))
  const stop = new AbortController()
  const events: RunEvent[] = []
  const end = await runLocally(planOf([reads]), {
    store,
    found: new Map(),
    forced: new Set(),
    keepGoing: false,
    signal: stop.signal,
    entry: fixtureWorker,
    onEvent(event) {
      if (event.kind === 'stage-log' && event.level === 'log' && !events.some(({ kind }) => kind === 'stage-log'))
        whileItRuns(data, () => stop.abort())
      events.push(event)
    },
  })
  const faults = events.flatMap(event => (event.kind === 'stage-failed' ? [event.fault] : []))
  const warnings = events.flatMap(event => (event.kind === 'stage-log' && event.level === 'warn' ? [event.text] : []))
  return { ...end, store, key: reads.key, fault: faults[0], warnings }
}

const changes: { readonly [name: string]: readonly [change: (data: string) => void, file: string] } = {
  'is rewritten': [data => writeFileSync(join(data, 'table.csv'), 'after'), ": 'table.csv'"],
  'is rewritten with the same size and time': [
    data => {
      writeFileSync(join(data, 'table.csv'), 'BEFORE')
      utimesSync(join(data, 'table.csv'), longAgo, longAgo)
    },
    ": 'table.csv'",
  ],
  'is replaced': [
    data => {
      writeFileSync(join(data, '..', 'new'), 'BEFORE')
      renameSync(join(data, '..', 'new'), join(data, 'table.csv'))
    },
    ": 'table.csv'",
  ],
  'has a new file': [data => writeFileSync(join(data, 'third.csv'), 'x'), ": 'third.csv'"],
  'lacks a file': [data => rmSync(join(data, 'more.csv')), ''],
  'is gone': [data => rmSync(data, { recursive: true }), ''],
}

for (const [name, [change, file]] of Object.entries(changes)) {
  test(`a stage whose input ${name} while it runs fails, names the file and publishes nothing`, () =>
    inTempFolder(async folder => {
      const { outcome, fault, store, key } = await runReading(folder, { whileItRuns: change })
      assert.is(outcome, 'failed')
      assert.is(fault?.class, 'data')
      assert.is(typeof fault?.place === 'object' && fault.place.file, 'data')
      assert.is(
        fault?.text,
        `Input 'data' changed after the run was planned${file}; nothing was published; run again once no program writes it any more`,
      )
      assert.is(await store.find(key), undefined)
      assert.equal(await readdir(join(store.folder, 'staging')), [])
    }))
}

test('an input that is changed and has its old content again counts as changed: the stage runs again', () =>
  inTempFolder(async folder => {
    const { outcome, results, warnings } = await runReading(folder, {
      whileItRuns(data) {
        writeFileSync(join(data, 'table.csv'), 'other')
        writeFileSync(join(data, 'table.csv'), 'before')
      },
    })
    assert.is(outcome, 'done')
    assert.match(warnings.join(), /Input 'data' was written while the stage ran.*attempt 2 begins/)
    const result = results.get('reads')
    assert.is(await readFile(join(result?.folder ?? '', 'text'), 'utf8'), 'before')
  }))

test('a change of permissions alone changes no input', () =>
  inTempFolder(async folder => {
    const { outcome, warnings } = await runReading(folder, {
      whileItRuns: data => chmodSync(join(data, 'table.csv'), 0o600),
    })
    assert.is(outcome, 'done')
    assert.equal(warnings, [])
  }))

test('checkpoints of a stage that read a changed input are dropped when it is stopped', () =>
  inTempFolder(async folder => {
    const { outcome, store } = await runReading(folder, {
      kind: 'reads-with-checkpoint',
      whileItRuns(data, stop) {
        writeFileSync(join(data, 'table.csv'), 'after')
        stop()
      },
    })
    assert.is(outcome, 'stopped')
    assert.equal(await readdir(join(store.folder, 'checkpoints')), [])
  }))

test('checkpoints of a stage whose input stays are kept when it is stopped', () =>
  inTempFolder(async folder => {
    const { outcome, store, key } = await runReading(folder, {
      kind: 'reads-with-checkpoint',
      whileItRuns: (_, stop) => stop(),
    })
    assert.is(outcome, 'stopped')
    assert.equal(await readdir(join(store.folder, 'checkpoints')), [key])
  }))

test.run()
