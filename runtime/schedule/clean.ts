/** Garbage collection of a store while runs go on. */
import { basename, dirname, join } from 'node:path'
import { acquireLock, heldLocks } from '../store/locks.ts'
import type { Store } from '../store/store.ts'
import { deleteTrash, listStoredItems, measurePath, moveToTrash, type StoredItem } from '../store/stored_items.ts'
import { latestLogs, logFolder } from './logs.ts'
import { readRuns, recover, storeLock } from './recover.ts'

/** The content of a store, by what becomes of it. */
export interface Survey {
  readonly kept: readonly StoredItem[]
  /** Unreachable from locks, recipes and runs. */
  readonly unneeded: readonly StoredItem[]
  /** Journals and logs of runs that are over and have no stage's latest log. */
  readonly runs: { readonly paths: readonly string[]; readonly count: number; readonly bytes: number }
}

/** Options of a survey. */
export interface SurveyOptions {
  /** Keys that locks and recipes name. */
  readonly needed: ReadonlySet<string>
  /** Milliseconds since 1970: items that were changed later are kept. */
  readonly keepSince: number
}

/** Keys that runs at this moment read or make. */
export async function keysInUse(store: Store): Promise<ReadonlySet<string>> {
  const runs = (await readRuns(store)).filter(({ alive }) => alive)
  const read = runs.flatMap(({ events }) => events.flatMap(event => (event.kind === 'run-started' ? event.keys : [])))
  return new Set([...read, ...(await heldLocks(store.folder))])
}

/** Sorts the content of a store into what is kept and what can be removed; changes nothing. */
export async function survey(store: Store, { needed, keepSince }: SurveyOptions): Promise<Survey> {
  const used = await keysInUse(store)
  const holdings = await listStoredItems(store)
  const keeps = ({ kind, key, changed }: StoredItem): boolean =>
    changed > keepSince || (kind !== 'damaged' && (used.has(key) || needed.has(key)))
  return {
    kept: holdings.filter(keeps),
    unneeded: holdings.filter(holding => !keeps(holding)),
    runs: await pastRuns(store, keepSince),
  }
}

async function pastRuns(store: Store, keepSince: number): Promise<Survey['runs']> {
  const latest = new Set([...(await latestLogs(store)).values()].map(path => basename(dirname(path))))
  const past = (await readRuns(store)).filter(({ run, alive }) => !alive && !latest.has(run))
  const sized = await Promise.all(
    past.map(async ({ run, path }) => {
      const logs = join(logFolder(store), run)
      const [journal, log] = [await measurePath(path), await measurePath(logs)]
      return { paths: [path, logs], bytes: journal.bytes + log.bytes, changed: journal.changed }
    }),
  )
  const old = sized.filter(({ changed }) => changed <= keepSince)
  return {
    paths: old.flatMap(({ paths }) => paths),
    count: old.length,
    bytes: old.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

/**
 * Removes the unneeded items of a survey. No run begins meanwhile, and `options` are asked for again: an item that has
 * become reachable since the survey stays.
 */
export async function removeUnneeded(
  store: Store,
  before: Survey,
  options: () => Promise<SurveyOptions>,
): Promise<readonly StoredItem[]> {
  await store.prepare()
  const guard = await acquireLock(store.folder, storeLock)
  const listed = new Set(before.unneeded.map(({ path }) => path))
  let moved: readonly string[] = []
  let removed: readonly StoredItem[] = []
  try {
    await recover(store)
    const now = await survey(store, await options())
    removed = now.unneeded.filter(({ path }) => listed.has(path))
    const runs = now.runs.paths.filter(path => before.runs.paths.includes(path))
    moved = await moveToTrash(store, [...removed.map(({ path }) => path), ...runs])
  } finally {
    await guard?.release()
  }
  await deleteTrash(moved)
  return removed
}
