import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readJournal } from '../../runtime/schedule/journal.ts'
import { journalFolder } from '../../runtime/schedule/recover.ts'
import { findResults } from '../../runtime/schedule/select.ts'
import { processStart } from '../../runtime/store/process.ts'
import { openStore, type Store } from '../../runtime/store/store.ts'
import { inTempFolder } from '../support.ts'
import { diamond } from './fixtures/diamond.ts'

const program = join(import.meta.dirname, 'fixtures', 'diamond.js')

async function workersOf(store: Store): Promise<readonly number[]> {
  const files = await readdir(journalFolder(store)).catch(() => [])
  const journals = await Promise.all(files.map(file => readJournal(join(journalFolder(store), file))))
  return journals.flat().flatMap(event => (event.kind === 'stage-started' ? [event.worker.pid] : []))
}

async function untilGone(pids: readonly number[]): Promise<void> {
  for (let tries = 0; pids.some(pid => processStart(pid) !== undefined); tries += 1) {
    assert.ok(tries < 200, 'a worker survived its controller')
    await setTimeout(50)
  }
}

async function digests(store: Store): Promise<readonly string[]> {
  const results = await findResults(diamond.plan, store)
  return diamond.plan.stages.map(({ id }) => results.get(id)?.manifest.digest ?? `no ${id}`)
}

test('controllers killed at any time leave no process and nothing torn; the next run ends as an undisturbed one', () =>
  inTempFolder(async folder => {
    const undisturbed = openStore(join(folder, 'undisturbed'))
    await execa('node', [program, undisturbed.folder])
    for (let delay = 60; delay < 600; delay += 110) {
      const store = openStore(join(folder, String(delay)))
      const controller = execa('node', [program, store.folder], { reject: false })
      await setTimeout(delay)
      controller.kill('SIGKILL')
      await controller
      await untilGone(await workersOf(store))
      for (const { manifest } of (await findResults(diamond.plan, store)).values()) {
        assert.equal(await store.verify(manifest.key), [])
      }
      await execa('node', [program, store.folder])
      assert.equal(await digests(store), await digests(undisturbed))
      assert.equal(await readdir(join(store.folder, 'staging')), [])
    }
  }))

test.run()
