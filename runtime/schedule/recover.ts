/** Recovery from killed controllers, without help of a person. */
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { isOwnerAlive } from '../store/heartbeat.ts'
import { isAlive, isLocal, type ProcessId, parseOwner } from '../store/process.ts'
import { stagingFolder } from '../store/staging.ts'
import type { Store } from '../store/store.ts'
import { appendEvent, type JournalEvent, readJournal } from './journal.ts'
import { killOrphanedTrees } from './process_tree.ts'

/** Folder of a store's journals, one file a run. */
export const journalFolder = (store: Store): string => join(store.folder, 'journal')

/** Name of the lock of the whole store, owned for moments: while a run begins, and while results are removed. */
export const storeLock = 'store'

/** A run and its journal. */
export interface JournaledRun {
  readonly run: string
  readonly path: string
  readonly events: readonly JournalEvent[]
  /** True while its controller is alive. */
  readonly alive: boolean
}

/** Every run whose journal is there, oldest first. */
export async function readRuns(store: Store): Promise<readonly JournaledRun[]> {
  const folder = journalFolder(store)
  const files = (await readdir(folder).catch(() => [])).filter(file => file.endsWith(journalEnding)).sort()
  return Promise.all(
    files.map(async file => {
      const path = join(folder, file)
      const events = await readJournal(path)
      const ended = events.some(event => event.kind === 'run-ended')
      const controllers = events.flatMap(event => (event.kind === 'run-started' ? [event.controller] : []))
      const living = ended
        ? []
        : await Promise.all(controllers.map(controller => isOwnerAlive(store.folder, controller)))
      return { run: file.slice(0, -journalEnding.length), path, events, alive: living.some(Boolean) }
    }),
  )
}

const journalEnding = '.ndjson'

/**
 * Ends the workers of runs whose controller died, closes their journals and removes their staging folders.
 * Returns the names of those runs.
 */
export async function recover(store: Store): Promise<readonly string[]> {
  const runs = await readRuns(store)
  const lost = runs.filter(({ events, alive }) => !alive && !events.some(event => event.kind === 'run-ended'))
  await endAll(lost.flatMap(({ events }) => workersHere(events)))
  if (lost.length > 0) await killOrphanedTrees(folder => isLostStaging(store, folder))
  for (const { path } of lost) await appendEvent(path, { kind: 'run-ended', outcome: 'lost' })
  await store.sweep()
  return lost.map(({ run }) => run)
}

/** True if a folder is a staging folder of this store whose owner is dead. */
async function isLostStaging({ folder: root }: Store, folder: string): Promise<boolean> {
  const name = basename(folder)
  const owner = dirname(folder) === stagingFolder(root) ? parseOwner(name.slice(name.indexOf('.') + 1)) : undefined
  return owner !== undefined && !(await isOwnerAlive(root, owner))
}

/** Workers that a journal names and that this machine may still run. */
function workersHere(events: readonly JournalEvent[]): readonly ProcessId[] {
  const here = events.some(event => event.kind === 'run-started' && isLocal(event.controller))
  return here ? events.flatMap(event => (event.kind === 'stage-started' ? [event.worker] : [])) : []
}

const endWithin = 5000
const lookEvery = 20

/** Kills workers with their process groups, and waits until they are gone: they may not write any more. */
async function endAll(workers: readonly ProcessId[]): Promise<void> {
  const left = workers.filter(isAlive)
  for (const { pid } of left) {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It ended by itself, or leads no group any more.
    }
  }
  for (let waited = 0; left.some(isAlive) && waited < endWithin; waited += lookEvery) await setTimeout(lookEvery)
}
