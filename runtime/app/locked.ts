/** Runs that are held to a lock: the recipe and the results are those of the lock. */
import { basename } from 'node:path'
import type { Lock } from '../../dsl/compile/lock.ts'
import { lockFaults } from '../../dsl/compile/lock_check.ts'
import type { Plan } from '../../dsl/compile/plan.ts'
import { LockMismatch } from './faults.ts'
import { lockProblem, readLockFile } from './lock_file.ts'

/** The lock of a plan. Rejects with a {@link LockMismatch} where there is none or it is not that of the plan. */
export async function lockOfPlan(plan: Plan, path: string): Promise<Lock> {
  const name = basename(path)
  const found = await readLockFile(path)
  const problem = lockProblem(found, name)
  const [lock] = found.locks
  if (problem !== undefined || lock === undefined) throw new LockMismatch(String(problem), {})
  const faults = lockFaults(lock, plan)
  if (faults.length === 0) return lock
  throw new LockMismatch(
    `'${name}' is not the lock of this recipe, so nothing was run; go back to the recipe it was written for, or run without --locked`,
    { faults },
  )
}
