/** Where the logs of stages lie: a folder a run, a file a stage. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Store } from '../store/store.ts'

/** Folder of a store's logs. */
export const logFolder = (store: Store): string => join(store.folder, 'logs')

/** A stage's identity as a file name. */
export const logName = (stage: string): string => `${encodeURIComponent(stage)}.log`

/** Path of the log of a stage's latest run; `undefined` where it has none. */
export async function latestLog(store: Store, stage: string): Promise<string | undefined> {
  const runs = await readdir(logFolder(store)).catch(() => [])
  for (const run of runs.sort().reverse()) {
    const names = await readdir(join(logFolder(store), run))
    if (names.includes(logName(stage))) return join(logFolder(store), run, logName(stage))
  }
  return undefined
}
