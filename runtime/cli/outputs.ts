/** What a finished run leaves for people: report and lock, each written only where it would differ. */
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { lockOf, parseLock, printLock } from '../../dsl/compile/lock.ts'
import type { Plan } from '../../dsl/compile/plan.ts'
import { takeClaim } from '../store/claims.ts'
import { sha256 } from '../store/digest.ts'
import { replaceFile } from '../store/files.ts'
import type { Result, Store } from '../store/store.ts'

/** Results of a whole plan. */
export interface Finished {
  readonly store: Store
  readonly results: ReadonlyMap<string, Result>
}

/** Folder of a recipe's report inside a store. */
export const reportFolder = (store: Store, recipe: string): string => join(store.folder, 'reports', recipe)

/** Writes the report unless it shows these very results already; returns its path. */
export async function settleReport(plan: Plan, { store, results }: Finished): Promise<string> {
  const folder = reportFolder(store, plan.name)
  const stamp = join(folder, 'stamp')
  const shown = sha256(
    JSON.stringify([plan.description, plan.claims, plan.stages.map(stage => resultIdentity(stage.id, results))]),
  )
  const [known, path] = (await readFile(stamp, 'utf8').catch(() => '')).split('\n')
  if (known === shown && path !== undefined) return path
  const { writeReport } = await import('../report/mod.ts')
  return alone(store, async () => {
    await mkdir(folder, { recursive: true })
    await rm(stamp, { force: true })
    const written = await writeReport({ plan, results, folder })
    await writeFile(stamp, `${shown}\n${written}\n`)
    return written
  })
}

/** Two runs that end at the same time write one after the other. */
async function alone<T>(store: Store, write: () => Promise<T>): Promise<T> {
  await store.prepare()
  const claim = await takeClaim(store.folder, 'outputs')
  try {
    return await write()
  } finally {
    await claim?.release()
  }
}

/** Seconds and engine belong to it: the report shows them. */
const resultIdentity = (id: string, results: ReadonlyMap<string, Result>): unknown => {
  const manifest = results.get(id)?.manifest
  return [id, manifest?.key, manifest?.digest, manifest?.summary, manifest?.seconds]
}

/** Path of a recipe's lock: beside it, with the ending `.lock`. */
export const lockPath = (recipe: string): string => `${recipe.slice(0, recipe.length - extname(recipe).length)}.lock`

/** Writes the lock of a finished plan. Throws where another kind of file is in the way. */
export async function settleLock(
  plan: Plan,
  { path, store, results }: Finished & { readonly path: string },
): Promise<void> {
  const outputs = new Map([...results].map(([id, { manifest }]) => [id, manifest]))
  const text = printLock(lockOf(plan, outputs))
  const present = await readFile(path, 'utf8').catch(() => undefined)
  // A killed run may have left its copy beside a lock that is as it should be.
  if (present === text && !existsSync(`${path}.new`)) return
  if (present !== undefined && parseLock(present) === undefined) {
    throw new Error(`"${path}" is in the way of the recipe's lock; rename one of the two`)
  }
  await alone(store, () => replaceFile(path, aside => writeFile(aside, text)))
}
