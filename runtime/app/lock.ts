/** The lock of a recipe, written from known results or compared with the recipe. */

import { basename } from 'node:path'
import type { Lock, StageOutput } from '../../dsl/compile/lock.ts'
import { type LockFault, lockFaults } from '../../dsl/compile/lock_check.ts'
import type { Plan } from '../../dsl/compile/plan.ts'
import { findResults } from '../schedule/select.ts'
import { openStore, type Result, storeFolder } from '../store/store.ts'
import { UnfinishedFault } from './faults.ts'
import { lockPath, lockProblem, readLockFile, writeLock } from './lock_file.ts'
import type { StoreFolderOption } from './plan.ts'
import { loadOutline, loadPlan, type RecipeOptions } from './recipe.ts'

/** A lock that was written, or was there as it should be. */
export interface LockResult {
  /** Path of the lock. */
  readonly path: string
  readonly isWritten: boolean
}

/**
 * Writes the lock beside a recipe from the recipe and the store, without running anything. The output of a stage is
 * taken from the store, else from the lock that is there: from both sides of a conflict that git left.
 *
 * Rejects with an {@link UnfinishedFault} where a stage has no result.
 */
export async function lock(
  file: string,
  { store, ...options }: Pick<RecipeOptions, 'onWarnings'> & StoreFolderOption = {},
): Promise<LockResult> {
  const { plan, loaded } = await loadPlan(file, options)
  const path = lockPath(loaded.path)
  const { locks } = await readLockFile(path)
  const outputs = knownOutputs(plan, await findResults(plan, openStore(storeFolder(store))), locks)
  const missing = plan.stages.filter(({ id }) => !outputs.has(id)).map(({ id }) => id)
  if (missing.length > 0) {
    const count = missing.length === 1 ? '1 stage has' : `${missing.length} stages have`
    throw new UnfinishedFault(`${count} no result yet: ${missing.join(', ')}`, {
      hint: `'terroir run' runs what is missing and writes ${basename(path)}`,
    })
  }
  return { path, isWritten: await writeLock(plan, { path, outputs }) }
}

/** The output of each stage: of the store, else of a lock that holds the stage's key. */
function knownOutputs(
  { stages }: Plan,
  results: ReadonlyMap<string, Result>,
  locks: readonly Lock[],
): ReadonlyMap<string, StageOutput> {
  const locked = new Map(
    locks.flatMap(one => [...one.stages.values()].map(({ key, output }) => [key, output] as const)),
  )
  return new Map(
    stages.flatMap(({ id, key }) => {
      const output = results.get(id)?.manifest ?? locked.get(key)
      return output === undefined ? [] : [[id, output] as const]
    }),
  )
}

/** A comparison of a lock with the recipe beside it. */
export interface LockCheck {
  /** Name of the recipe. */
  readonly recipe: string
  /** Path of the lock. */
  readonly path: string
  /** Fault of the file, with advice; absent where it is a lock. */
  readonly problem?: string
  /** Differences from the recipe. */
  readonly faults: readonly LockFault[]
  /** True if data is missing on this machine: all else was compared. */
  readonly isPartial: boolean
  /** True if the lock is that of the recipe. */
  readonly isCurrent: boolean
}

/** Compares the lock beside a recipe with the recipe. Needs no results, and writes nothing. */
export async function checkLock(file: string, options: Pick<RecipeOptions, 'onWarnings'> = {}): Promise<LockCheck> {
  const { plan, loaded } = await loadOutline(file, options)
  const path = lockPath(loaded.path)
  const found = await readLockFile(path)
  const problem = lockProblem(found, basename(path))
  const [present] = found.locks
  const faults = present === undefined ? [] : lockFaults(present, plan)
  return {
    recipe: plan.name,
    path,
    ...(problem !== undefined && { problem }),
    faults,
    isPartial: plan.stages.some(({ key }) => key === undefined),
    isCurrent: problem === undefined && faults.length === 0,
  }
}
