/** The report that a finished run leaves, written only where it would differ. */
import { statSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plan } from '../../dsl/compile/plan.ts'
import { sha256 } from '../store/digest.ts'
import { makeBelow } from '../store/files.ts'
import { acquireLock } from '../store/locks.ts'
import type { Result, Store } from '../store/store.ts'
import { ownVersion } from './version.ts'

/** Results of a whole plan. */
export interface FinishedResults {
  readonly store: Store
  readonly results: ReadonlyMap<string, Result>
}

/** Folder of a recipe's report inside a store. */
export const reportFolder = (store: Store, recipe: string): string => join(store.folder, 'reports', recipe)

/**
 * Writes the report, in the folder of the recipe or of that name, unless the page is there and shows these very results,
 * as this version shows them; returns its path.
 */
export async function updateReport(
  plan: Plan,
  { store, results, name = plan.name }: FinishedResults & { readonly name?: string | undefined },
): Promise<string> {
  const folder = reportFolder(store, name)
  const stamp = join(folder, 'stamp')
  const shown = sha256(
    JSON.stringify([
      ownVersion(),
      plan.description,
      plan.claims,
      plan.stages.map(stage => resultIdentity(stage.id, results)),
    ]),
  )
  const page = join(folder, 'index.html')
  const known = await readFile(stamp, 'utf8').catch(() => '')
  if (known === stampOf(shown, page)) return page
  const { writeReport } = await import('../report/mod.ts')
  return writeAlone(store, async () => {
    await makeBelow(store.folder, 'reports', name)
    await rm(stamp, { force: true })
    const written = await writeReport({ plan, results, folder })
    await writeFile(stamp, stampOf(shown, written))
    return written
  })
}

/** A page that was removed, or whose size has changed, has another stamp. */
const stampOf = (shown: string, page: string): string =>
  `${shown}\n${statSync(page, { throwIfNoEntry: false })?.size ?? 'absent'}\n`

/** Two runs that end at the same time write one after the other. */
export async function writeAlone<T>(store: Store, write: () => Promise<T>): Promise<T> {
  await store.prepare()
  const lock = await acquireLock(store.folder, 'outputs')
  try {
    return await write()
  } finally {
    await lock?.release()
  }
}

/** Seconds and engine belong to it: the report shows them. */
const resultIdentity = (id: string, results: ReadonlyMap<string, Result>): unknown => {
  const manifest = results.get(id)?.manifest
  return [id, manifest?.key, manifest?.digest, manifest?.summary, manifest?.seconds]
}
