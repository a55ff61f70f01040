/** The lock beside a recipe, as a file. */

import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import { type Lock, lockOf, type StageOutput } from '../../dsl/compile/lock.ts'
import { isConflict, lockLayout, printLock, readLocks } from '../../dsl/compile/lock_text.ts'
import type { Plan } from '../../dsl/compile/plan.ts'
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { sha256 } from '../store/digest.ts'
import { replaceFile } from '../store/files.ts'
import type { Store } from '../store/store.ts'
import { writeAlone } from './outputs.ts'

/** Path of a recipe's lock: beside it, with the ending `.lock`. */
export const lockPath = (recipe: string): string => `${recipe.slice(0, recipe.length - extname(recipe).length)}.lock`

/** The file at a lock's path. */
export interface LockFile {
  readonly state: 'lock' | 'missing' | 'conflict' | 'outdated'
  /** The lock; both sides of a conflict; none where it is missing or written by an earlier terroir. */
  readonly locks: readonly Lock[]
}

/** Reads the file at a lock's path. Rejects where it is something else. */
export async function readLockFile(path: string): Promise<LockFile> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return { state: 'missing', locks: [] }
  const locks = readLocks(text)
  if (locks === undefined)
    throw new UserFault(`"${path}" is in the way of the recipe's lock`, { hint: 'rename one of the two' })
  const state = locks.length === 0 ? 'outdated' : isConflict(text) ? 'conflict' : 'lock'
  return { state, locks }
}

/** Content of a lock, and its path. */
export interface LockContent {
  readonly path: string
  readonly outputs: ReadonlyMap<string, StageOutput>
  /** The store of a run: two that end at the same time write one after the other. */
  readonly store?: Store
}

/** Writes the lock of a plan whose stages all have an output, unless it is there already; says whether it wrote. */
export async function writeLock(plan: Plan, { path, outputs, store }: LockContent): Promise<boolean> {
  const present = await readFile(path, 'utf8').catch(() => undefined)
  // A killed run may have left its copy beside a lock that is as it should be.
  const isAlone = !existsSync(`${path}.new`)
  const stamp = store && join(store.folder, 'locks', sha256(path).slice(0, 16))
  const stamped = (text: string): string => `${sha256(text)} ${sha256(JSON.stringify(identity(plan, outputs)))}\n`
  if (stamp !== undefined && present !== undefined && isAlone && (await readStamp(stamp)) === stamped(present))
    return false
  const text = printLock(lockOf(plan, outputs))
  const isThere = present === text && isAlone
  if (!isThere) {
    await readLockFile(path)
    const write = () => replaceFile(path, aside => writeFile(aside, text))
    await (store === undefined ? write() : writeAlone(store, write))
  }
  if (stamp !== undefined) await writeStamp(stamp, stamped(text))
  return !isThere
}

/** Values that decide the text of a lock: keys stand for all that they are made of, digests for metrics. */
const identity = ({ name, stages, claims }: Plan, outputs: LockContent['outputs']): unknown => [
  lockLayout,
  name,
  claims,
  stages.map(({ id, key, inputs, externals }) => {
    return [id, key, inputs, outputs.get(id)?.digest, externals.map(external => external.isOfPackage && external.name)]
  }),
]

const readStamp = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '')

/** A store that may only be read has no stamp, and the lock is printed to be compared. */
async function writeStamp(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  } catch {
    // It only saves time.
  }
}

/** The fault of a file that ought to be the recipe's lock, and advice; undefined for a lock. */
export function lockProblem({ state }: LockFile, name: string): string | undefined {
  switch (state) {
    case 'lock':
      return undefined
    case 'missing':
      return `There is no '${name}'; a finished run writes it`
    case 'outdated':
      return `'${name}' is of an earlier terroir; run the recipe again, or write it anew with terroir lock`
    case 'conflict':
      return `'${name}' holds a conflict that git left; settle it with terroir lock`
  }
}
