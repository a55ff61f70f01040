/** `terroir lock`: writes the lock of a recipe from what is known, or says how the lock stands to the recipe. */
import { basename } from 'node:path'
import { Command } from 'commander'
import type { Lock, StageOutput } from '../../dsl/compile/lock.ts'
import { lockFaults } from '../../dsl/compile/lock_check.ts'
import type { Outline, Plan } from '../../dsl/compile/plan.ts'
import { findResults } from '../schedule/select.ts'
import { openStore, type Result, storeFolder } from '../store/store.ts'
import { painter } from './live/format.ts'
import { lockPath, lockProblem, readLockFile, settleLock } from './lock_file.ts'
import { lockFaultTable } from './lock_table.ts'
import { storeOption } from './options.ts'
import { exitCodes, hasColour, loadOutline, loadPlan } from './recipe.ts'

interface Flags {
  readonly check?: true
  readonly store?: string
}

const examples = `
Examples:
  terroir lock recipe.yaml           after a merge, or with results from elsewhere
  terroir lock recipe.yaml --check   in CI: is the committed lock that of the recipe?

What came out of a stage is taken from the store, else from the lock as it is:
from both sides of a conflict that git left.

Exit codes: 0 ok, 1 a stage has no result yet or, with --check, the lock is not
that of the recipe, 2 bad recipe or usage.`

/** The command. */
export function command(): Command {
  return new Command('lock')
    .description('Writes the lock beside a recipe from the recipe and the store, without running anything.')
    .argument('<recipe>', 'recipe file')
    .option('--check', 'write nothing; exit with 1 when the lock is not what the recipe compiles to')
    .addOption(storeOption())
    .addHelpText('after', examples)
    .action(lock)
}

async function lock(file: string, flags: Flags): Promise<void> {
  if (flags.check) {
    const outlined = await loadOutline(file)
    if (outlined) process.exitCode = await check(outlined.plan, lockPath(outlined.loaded.path))
    return
  }
  const loaded = await loadPlan(file)
  if (loaded) process.exitCode = await write(loaded.plan, lockPath(loaded.loaded.path), flags)
}

async function check(plan: Outline, path: string): Promise<number> {
  const name = basename(path)
  const found = await readLockFile(path)
  const problem = lockProblem(found, name)
  const faults = found.locks[0] === undefined ? [] : lockFaults(found.locks[0], plan)
  if (problem === undefined && faults.length === 0) {
    const isOpen = plan.stages.some(({ key }) => key === undefined)
    process.stdout.write(`${name} is the lock of ${plan.name}${isOpen ? ', as far as its data is here' : ''}\n`)
    return exitCodes.ok
  }
  if (problem !== undefined) process.stderr.write(`error: ${problem}\n`)
  else {
    const printing = { paint: painter(hasColour(process.stdout)), width: process.stdout.columns ?? 160 }
    process.stdout.write(`${lockFaultTable(faults, printing)}\n`)
    process.stderr.write(`error: '${name}' is not what the recipe compiles to; run the recipe again and commit both\n`)
  }
  return exitCodes.failedWork
}

async function write(plan: Plan, path: string, flags: Flags): Promise<number> {
  const name = basename(path)
  const { locks } = await readLockFile(path)
  const outputs = knownOutputs(plan, await findResults(plan, openStore(storeFolder(flags.store))), locks)
  const missing = plan.stages.filter(({ id }) => !outputs.has(id)).map(({ id }) => id)
  if (missing.length > 0) {
    const count = missing.length === 1 ? '1 stage has' : `${missing.length} stages have`
    process.stderr.write(`error: ${count} no result yet: ${missing.join(', ')}\n`)
    process.stderr.write(`hint: 'terroir run' runs what is missing and writes ${name}\n`)
    return exitCodes.failedWork
  }
  const isWritten = await settleLock(plan, { path, outputs })
  process.stdout.write(`${name} ${isWritten ? 'written' : 'is up to date'}\n`)
  return exitCodes.ok
}

/** What came out of each stage: of the store, else of a lock that holds the stage's key. */
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
