/** The beginning and the end of a run, with any executor. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Stage } from '../../dsl/compile/plan.ts'
import { startHeartbeat } from '../store/heartbeat.ts'
import { acquireLock } from '../store/locks.ts'
import { thisProcess } from '../store/process.ts'
import { ownedPath } from '../store/staging.ts'
import type { Result, Store } from '../store/store.ts'
import { type Journal, openJournal } from './journal.ts'
import { journalFolder, recover, storeLock } from './recover.ts'

/** A run that has begun. */
export interface BegunRun {
  /** Its name: that of its journal and of its folder of logs. */
  readonly run: string
  readonly journal: Journal
  /** Those of the results that are still there. */
  readonly found: ReadonlyMap<string, Result>
  /** Closes the journal. */
  end(): Promise<void>
}

/** The subject of a run: the name of a recipe, and the stages whose results it reads or makes. */
export interface RunSubject {
  readonly name: string
  readonly stages: readonly Pick<Stage, 'key'>[]
}

/**
 * Recovers from dead runs, and records in a journal which results this run reads. Meanwhile no other process may begin a
 * run or clean the store; results that were removed since `found` was looked up are left out of it.
 */
export async function beginRun(
  plan: RunSubject,
  { store, found }: { readonly store: Store; readonly found: ReadonlyMap<string, Result> },
): Promise<BegunRun> {
  await store.prepare()
  const leave = await startHeartbeat(store.folder)
  try {
    const guard = await acquireLock(store.folder, storeLock)
    try {
      await recover(store)
      const controller = thisProcess()
      const time = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')
      const run = `${time}-${controller.pid}-${randomBytes(2).toString('hex')}`
      const journal = await openJournal(join(journalFolder(store), `${run}.ndjson`), {
        first: { kind: 'run-started', run, recipe: plan.name, controller, keys: plan.stages.map(({ key }) => key) },
        aside: ownedPath(store.folder, 'journal'),
      })
      const still = [...found].filter(([, result]) => existsSync(result.folder))
      return { run, journal, found: new Map(still), end: () => journal.close().finally(leave) }
    } finally {
      await guard?.release()
    }
  } catch (error) {
    await leave()
    throw error
  }
}
