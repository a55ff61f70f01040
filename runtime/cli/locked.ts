/** `terroir run --locked`: the recipe and what comes out of it are those of the lock, or the run has failed. */
import { basename } from 'node:path'
import type { Lock } from '../../dsl/compile/lock.ts'
import { lockFaults, outputFaults } from '../../dsl/compile/lock_check.ts'
import type { Plan } from '../../dsl/compile/plan.ts'
import type { Result } from '../store/store.ts'
import { painter } from './live/format.ts'
import { lockProblem, readLockFile } from './lock_file.ts'
import { lockFaultTable, outputFaultTable } from './lock_table.ts'
import { hasColour } from './recipe.ts'

/** The lock of a plan; undefined, and told on stderr why, where there is none or it is not that of the plan. */
export async function lockedTo(plan: Plan, path: string): Promise<Lock | undefined> {
  const found = await readLockFile(path)
  const problem = lockProblem(found, basename(path))
  const [lock] = found.locks
  if (problem !== undefined || lock === undefined) {
    process.stderr.write(`error: ${problem}\n`)
    return undefined
  }
  const faults = lockFaults(lock, plan)
  if (faults.length === 0) return lock
  process.stderr.write(`${lockFaultTable(faults, printing())}\n`)
  process.stderr.write(
    `error: '${basename(path)}' is not the lock of this recipe, so nothing was run; go back to the recipe it was written for, or run without --locked\n`,
  )
  return undefined
}

/** Whether results are those of the lock; tells on stderr which are not. */
export function areAsLocked(lock: Lock, plan: Plan, results: ReadonlyMap<string, Result>): boolean {
  const outputs = new Map([...results].map(([id, { manifest }]) => [id, manifest]))
  const faults = outputFaults(lock, plan, outputs)
  if (faults.length === 0) return true
  const stages = new Set(faults.map(({ stage }) => stage)).size
  process.stderr.write(`\n${outputFaultTable(faults, printing())}\n`)
  process.stderr.write(
    `error: ${stages === 1 ? 'The result of 1 stage is' : `The results of ${stages} stages are`} not as locked; the lock was left as it is\n`,
  )
  return false
}

const printing = () => ({ paint: painter(hasColour(process.stderr)), width: process.stderr.columns ?? 160 })
