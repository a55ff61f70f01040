/** Paths of the logs of stages: a folder a run, a file a stage. */
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Store } from '../store/store.ts'

/** Folder of a store's logs. */
export const logFolder = (store: Store): string => join(store.folder, 'logs')

/** A longer name is cut and ends in a digest: file systems take 255 bytes. */
const longestName = 200

/**
 * A stage's identity as a file name: of stages of a matrix, values of parameters are part of it. Capitals are escaped, as
 * some file systems take them for small letters.
 */
export function logName(stage: string): string {
  const name = encodeURIComponent(stage).replaceAll(/%[0-9A-F]{2}|[A-Z]/g, found =>
    found.length > 1 ? found : `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  if (name.length <= longestName) return `${name}.log`
  const digest = createHash('sha256').update(stage).digest('hex').slice(0, 16)
  return `${name.slice(0, longestName).replace(/%[0-9A-F]?$/, '')}~${digest}.log`
}

/** The stage of a log's file; of a name that was cut, the name. */
export function stageOfLog(file: string): string {
  const name = basename(file, '.log')
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

/** Paths of the logs of every stage's latest run, by stage, sorted. */
export async function latestLogs(store: Store): Promise<ReadonlyMap<string, string>> {
  const runs = await readdir(logFolder(store)).catch(() => [])
  const paths = new Map<string, string>()
  for (const run of runs.sort())
    for (const name of await readdir(join(logFolder(store), run)))
      paths.set(stageOfLog(name), join(logFolder(store), run, name))
  return new Map([...paths].sort(([a], [b]) => (a < b ? -1 : 1)))
}
