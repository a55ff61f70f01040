import { appendFile, readFile, truncate } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { appendEvent, type JournalEvent, openJournal, readJournal } from '../../runtime/schedule/journal.ts'
import { journalFolder, recover } from '../../runtime/schedule/recover.ts'
import { processStart, thisProcess } from '../../runtime/store/process.ts'
import { openStore } from '../../runtime/store/store.ts'
import { inTempFolder } from '../support.ts'

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
