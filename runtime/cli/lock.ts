/** `terroir lock`: writes the lock of a recipe from what is known, or compares the lock with the recipe. */
import { basename } from 'node:path'
import { Command } from 'commander'
import { checkLock, lock } from '../app/lock.ts'
import { lockFaultTable } from './lock_table.ts'
import { storeOption } from './options.ts'
import { exitCodes, printLine, tellDiagnostics, tellLine } from './print.ts'
import { printingTo } from './terminal.ts'

interface LockFlags {
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
    .action(async (file: string, flags: LockFlags) => {
      await (flags.check ? printCheck(file) : printWritten(file, flags))
    })
}

async function printCheck(file: string): Promise<void> {
  const { path, recipe, problem, faults, isPartial, isCurrent } = await checkLock(file, { onWarnings: tellDiagnostics })
  const name = basename(path)
  if (isCurrent) return printLine(`${name} is the lock of ${recipe}${isPartial ? ', as far as its data is here' : ''}`)
  if (problem !== undefined) tellLine(`error: ${problem}`)
  else {
    printLine(lockFaultTable(faults, printingTo(process.stdout)))
    tellLine(`error: '${name}' is not what the recipe compiles to; run the recipe again and commit both`)
  }
  process.exitCode = exitCodes.failedWork
}

async function printWritten(file: string, { store }: LockFlags): Promise<void> {
  const { path, isWritten } = await lock(file, { store, onWarnings: tellDiagnostics })
  printLine(`${basename(path)} ${isWritten ? 'written' : 'is up to date'}`)
}
