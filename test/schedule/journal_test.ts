import { appendFile, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { appendEvent, type JournalEvent, openJournal, readJournal } from '../../runtime/schedule/journal.ts'
import { journalFolder, readRuns, recover } from '../../runtime/schedule/recover.ts'
import { runLocally } from '../../runtime/schedule/run_local.ts'
import { findResults } from '../../runtime/schedule/select.ts'
import { processStart, thisProcess } from '../../runtime/store/process.ts'
import { openStore } from '../../runtime/store/store.ts'
import { inTempFolder } from '../support.ts'
import { diamond } from './fixtures/diamond.ts'
import { fixtureWorker } from './support.ts'

const controller = { ...thisProcess(), pid: 2 ** 22 + 7, start: '1' }
const events: readonly JournalEvent[] = [
  { kind: 'run-started', run: 'r', recipe: 'quickstart', controller, keys: ['k'] },
  { kind: 'stage-started', stage: 'a', key: 'k', worker: { pid: 2 ** 22 + 8, start: '2' } },
  { kind: 'stage-done', stage: 'a', seconds: 1, peakMemory: 2 },
]

async function write(path: string, written: readonly JournalEvent[]): Promise<void> {
  const [first, ...others] = written
  if (first === undefined) throw new Error('Nothing to write')
  const journal = await openJournal(path, { first, aside: `${dirname(path)}.aside` })
  await Promise.all(others.map(event => journal.append(event)))
  await journal.close()
}

async function runDiamond(folder: string) {
  const store = openStore(folder)
  return runLocally(diamond.plan, {
    store,
    found: await findResults(diamond.plan, store),
    forced: new Set(),
    keepGoing: false,
    signal: new AbortController().signal,
    entry: fixtureWorker,
    onEvent: () => undefined,
  })
}

const kindsOf = async (path: string): Promise<readonly string[]> => (await readJournal(path)).map(event => event.kind)

test('events come back in order', () =>
  inTempFolder(async folder => {
    const path = join(folder, 'deep', 'r.ndjson')
    await write(path, events)
    assert.equal(await kindsOf(path), ['run-started', 'stage-started', 'stage-done'])
  }))

test('cut anywhere, a journal yields its whole lines, and what is appended later is kept', () =>
  inTempFolder(async folder => {
    const path = join(folder, 'r.ndjson')
    await write(path, events)
    const text = await readFile(path, 'utf8')
    for (let size = text.length - 1; size >= 0; size -= 7) {
      await truncate(path, size)
      const whole = text
        .slice(0, size)
        .split('\n')
        .filter(line => line.endsWith('}')).length
      assert.is((await readJournal(path)).length, whole)
    }
    await truncate(path, 0)
    await appendFile(path, text.slice(0, text.length - 9))
    await appendEvent(path, { kind: 'run-ended', outcome: 'lost' })
    assert.equal(await kindsOf(path), ['run-started', 'stage-started', 'run-ended'])
  }))

test('cut at any byte, a journal lets the next run begin: what ran is ended, what was staged is gone', () =>
  inTempFolder(async folder => {
    const store = openStore(folder)
    await store.prepare()
    const path = join(journalFolder(store), 'r.ndjson')
    const left = join(folder, 'staging', `k.${controller.host}.${controller.pid}.${controller.start}.abcd`)
    await write(path, events)
    const text = await readFile(path, 'utf8')
    for (let size = text.length; size >= 0; size -= 1) {
      await writeFile(path, text.slice(0, size))
      await mkdir(left)
      assert.equal(await recover(store), ['r'])
      const recovered = await readJournal(path)
      assert.is(recovered.at(-1)?.kind, 'run-ended')
      const whole = text.slice(0, size).split('\n').slice(0, -1).length
      assert.ok(recovered.length - 1 >= whole, 'a whole line was lost')
      assert.equal(await readdir(join(folder, 'staging')), [])
      assert.equal(await recover(store), [], 'what is put right stays so')
    }
  }))

for (const line of [0, 1, 2, 3])
  test(`a run whose journal was cut inside line ${line} is followed by one that ends well, and does nothing twice`, () =>
    inTempFolder(async folder => {
      const store = openStore(folder)
      const digests = async () =>
        [...(await findResults(diamond.plan, store)).values()].map(({ manifest }) => manifest.digest)
      // In a process of its own, which is dead when the next run begins.
      await execa('node', [join(import.meta.dirname, 'fixtures', 'diamond.js'), folder])
      const before = await digests()
      const [file = ''] = await readdir(journalFolder(store))
      const path = join(journalFolder(store), file)
      const lines = (await readFile(path, 'utf8')).split('\n')
      await writeFile(path, `${lines.slice(0, line).join('\n')}\n${lines[line]?.slice(0, 30)}`)
      const second = await runDiamond(folder)
      assert.is(second.outcome, 'done')
      assert.is(second.results.size, 3)
      assert.equal(await digests(), before)
      assert.is((await readRuns(store)).filter(({ alive }) => alive).length, 0)
    }))

test('foreign lines are left out', () =>
  inTempFolder(async folder => {
    const path = join(folder, 'r.ndjson')
    await write(path, events)
    await appendFile(path, '\n\n[]\nnull\n{"kind":"stage-done"}\n{"kind":"toString"}\nx\n')
    assert.is((await readJournal(path)).length, 3)
  }))

test('recovery ends the workers of dead controllers only, once', () =>
  inTempFolder(async folder => {
    const store = openStore(folder)
    const orphan = execa('sleep', ['60'], { detached: true, reject: false })
    const pid = orphan.pid ?? 0
    const worker = { pid, start: processStart(pid) ?? '' }
    const path = (run: string) => join(journalFolder(store), `${run}.ndjson`)
    const started: JournalEvent = { kind: 'stage-started', stage: 'a', key: 'k', worker }
    await write(path('alive'), [
      { kind: 'run-started', run: 'alive', recipe: 'q', keys: [], controller: thisProcess() },
      started,
    ])
    assert.equal(await recover(store), [])
    assert.ok(processStart(pid))
    await write(path('dead'), [{ kind: 'run-started', run: 'dead', recipe: 'q', keys: [], controller }, started])
    assert.equal(await recover(store), ['dead'])
    assert.is((await orphan).signal, 'SIGKILL')
    assert.equal(await recover(store), [])
    assert.is((await kindsOf(path('dead'))).at(-1), 'run-ended')
  }))

test.run()
