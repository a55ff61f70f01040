/** `terroir clean`: removes from the store what nothing needs, and finds what is damaged. */
import { createInterface } from 'node:readline/promises'
import { Command, InvalidArgumentError } from 'commander'
import { clean, type StoreSurvey, verify } from '../app/clean.ts'
import { formatBytes, formatNumber, formatSeconds } from '../report/numbers.ts'
import { alignColumns } from '../report/table.ts'
import type { Verified } from '../schedule/verify.ts'
import type { StoredItem } from '../store/stored_items.ts'
import { storeOption } from './options.ts'
import { exitCodes, printLine, tellLine } from './print.ts'

interface CleanFlags {
  readonly dryRun?: true
  readonly yes?: true
  readonly verify?: true
  readonly dropVariants?: true
  readonly keepDays: number
  readonly store?: string
}

/** The command. */
export function command(): Command {
  return new Command('clean')
    .description(
      'Removes results that no lock, no recipe and no run needs, checkpoints of such, damaged results that were set aside, and old logs. Says first what would go, and asks. Locks are those in the current folder and all below it, in every branch of its repository, and beside every recipe that has run in this store.',
    )
    .option('--dry-run', 'say what would go, and change nothing')
    .option('--yes', 'do not ask')
    .option('--keep-days <days>', 'keep what was made in the last days, whatever needs it', wholeNumber, 0)
    .option('--drop-variants', 'forget the records of runs with --set, which keep their results')
    .option('--verify', 'instead, read every result again and set aside what is not as it was published')
    .addOption(storeOption())
    .addHelpText(
      'after',
      `
Examples:
  terroir clean --dry-run
  terroir clean --keep-days 30 --yes
  terroir clean --verify

Exit codes: 0 ok, 1 damaged results were found, 2 nothing was removed for want of --yes.`,
    )
    .action((flags: CleanFlags) => (flags.verify ? printVerified(flags) : printCleaned(flags)))
}

function wholeNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('Expected a whole number of days')
  return Number(text)
}

const day = 86_400_000

async function printCleaned(flags: CleanFlags): Promise<void> {
  const { store, survey, removedBytes } = await clean({
    store: flags.store,
    keepDays: flags.keepDays,
    dropVariants: flags.dropVariants,
    confirm(found) {
      for (const line of listing(found, Date.now())) printLine(line)
      printLine(`\n${formatBytes(bytesOf(found.unneeded) + found.runs.bytes)} can go; ${keptText(found)}`)
      return !flags.dryRun && (flags.yes ?? confirmed())
    },
  })
  if (survey === undefined) tellNoStore(store)
  else if (removedBytes !== undefined) printLine(`Removed ${formatBytes(removedBytes)}`)
  else if (survey.unneeded.length === 0 && survey.runs.count === 0) printLine(`Nothing to remove: ${keptText(survey)}`)
}

const tellNoStore = (folder: string): void => printLine(`There is no store in ${folder}; nothing to clean`)

const keptText = ({ kept, locks, recipes }: StoreSurvey): string =>
  `${count(kept.length, 'result')} (${formatBytes(bytesOf(kept))}) kept for ${count(locks.length, 'lock')} and ${count(recipes.length, 'recipe')}`

const bytesOf = (items: readonly StoredItem[]): number => items.reduce((sum, { bytes }) => sum + bytes, 0)

const count = (number: number, word: string): string => `${formatNumber(number)} ${word}${number === 1 ? '' : 's'}`

function listing({ unneeded, runs }: StoreSurvey, now: number): readonly string[] {
  const rows = unneeded.map(({ kind, key, stage, bytes, changed }) => [
    kind === 'result' ? 'result' : kind === 'damaged' ? 'damaged result' : 'checkpoints',
    key.slice(0, 8),
    stage,
    ageText(now - changed),
    formatBytes(bytes),
  ])
  const past = runs.count === 0 ? [] : [['logs', count(runs.count, 'past run'), '', '', formatBytes(runs.bytes)]]
  return alignColumns([...rows, ...past])
}

const ageText = (age: number): string =>
  age < day ? `${formatSeconds(Math.max(0, age) / 1000)} old` : `${count(Math.floor(age / day), 'day')} old`

/** Asks where a person can answer; elsewhere names the flag. */
async function confirmed(): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    tellLine('Nothing was removed; add --yes to remove these')
    process.exitCode = exitCodes.badRecipe
    return false
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question('Remove them? [y/N] ')
  terminal.close()
  return /^y(es)?$/i.test(answer.trim())
}

async function printVerified(flags: CleanFlags): Promise<void> {
  const dryRun = flags.dryRun ?? false
  const { store, exists, sound, damaged, foreign } = await verify({
    store: flags.store,
    dryRun,
    onResult(result) {
      for (const line of damageLines(result, dryRun)) printLine(line)
    },
  })
  if (!exists) return tellNoStore(store)
  for (const path of foreign) printLine(`"${path}" is no result; move it elsewhere, nothing reads it here`)
  printLine(`${count(sound, 'result')} as published, ${formatNumber(damaged.length)} damaged`)
  if (damaged.length > 0) process.exitCode = exitCodes.failedWork
}

function damageLines({ key, stage, faults, movedTo }: Verified, dryRun: boolean): readonly string[] {
  if (faults.length === 0) return []
  const advice =
    movedTo !== undefined
      ? `moved to ${movedTo}; the next run makes it anew`
      : dryRun
        ? 'terroir clean --verify sets it aside, and the next run makes it anew'
        : 'left in place, since a run uses it; verify again when that is over'
  return [`damaged  ${key.slice(0, 8)}  ${stage}`.trimEnd(), ...faults.map(fault => `  ${fault}`), `  ${advice}`]
}
