/** Paths of the logs of stages: a folder a run, a file a stage. */
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Store } from '../store/store.ts'

/** Folder of a store's logs. */
export const logFolder = (store: Store): string => join(store.folder, 'logs')

/** A stage's identity as a file name. */
export const logName = (stage: string): string => `${encodeURIComponent(stage)}.log`

/** Paths of the logs of every stage's latest run, by stage, sorted. */
export async function latestLogs(store: Store): Promise<ReadonlyMap<string, string>> {
  const runs = await readdir(logFolder(store)).catch(() => [])
  const paths = new Map<string, string>()
  for (const run of runs.sort())
    for (const name of await readdir(join(logFolder(store), run)))
      paths.set(decodeURIComponent(basename(name, '.log')), join(logFolder(store), run, name))
  return new Map([...paths].sort(([a], [b]) => (a < b ? -1 : 1)))
}
