/** `terroir clean`: removes from the store what nothing needs, and finds what is damaged. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Command, InvalidArgumentError } from 'commander'
import { formatBytes, formatNumber, formatSeconds } from '../report/numbers.ts'
import { alignColumns } from '../report/table.ts'
import { removeUnneeded, type Survey, type SurveyOptions, survey } from '../schedule/clean.ts'
import { type Verified, verifyStore } from '../schedule/verify.ts'
import { checkLayout } from '../store/prepare.ts'
import { openStore, type Store, storeFolder, storeFolders } from '../store/store.ts'
import type { StoredItem } from '../store/stored_items.ts'
import { neededKeys } from './needed.ts'
import { storeOption } from './options.ts'
import { exitCodes } from './recipe.ts'

interface Flags {
  readonly dryRun?: true
  readonly yes?: true
  readonly verify?: true
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
    .action(clean)
}

function wholeNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('Expected a whole number of days')
  return Number(text)
}

async function clean(flags: Flags): Promise<void> {
  const store = openStore(storeFolder(flags.store))
  if (!existsSync(join(store.folder, storeFolders.results)))
    return print(`There is no store in ${store.folder}; nothing to clean`)
  await checkLayout(store.folder)
  await (flags.verify ? verify(store, flags) : collect(store, flags))
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)

const day = 86_400_000

async function collect(store: Store, flags: Flags): Promise<void> {
  const now = Date.now()
  const options = async (): Promise<SurveyOptions> => ({
    needed: (await neededKeys(store, process.cwd())).keys,
    keepSince: flags.keepDays === 0 ? Number.POSITIVE_INFINITY : now - flags.keepDays * day,
  })
  const found = await survey(store, await options())
  const { locks, recipes } = await neededKeys(store, process.cwd())
  const kept = `${count(found.kept.length, 'result')} (${formatBytes(bytesOf(found.kept))}) kept for ${count(locks.length, 'lock')} and ${count(recipes.length, 'recipe')}`
  if (found.unneeded.length === 0 && found.runs.count === 0) return print(`Nothing to remove: ${kept}`)
  for (const line of listing(found, now)) print(line)
  print(`\n${formatBytes(bytesOf(found.unneeded) + found.runs.bytes)} can go; ${kept}`)
  if (flags.dryRun) return
  if (!flags.yes && !(await confirmed())) return
  const removed = await removeUnneeded(store, found, options)
  print(`Removed ${formatBytes(bytesOf(removed) + found.runs.bytes)}`)
}

const bytesOf = (holdings: readonly StoredItem[]): number => holdings.reduce((sum, { bytes }) => sum + bytes, 0)

const count = (number: number, word: string): string => `${formatNumber(number)} ${word}${number === 1 ? '' : 's'}`

function listing({ unneeded, runs }: Survey, now: number): readonly string[] {
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
    process.stderr.write('Nothing was removed; add --yes to remove these\n')
    process.exitCode = exitCodes.badRecipe
    return false
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question('Remove them? [y/N] ')
  terminal.close()
  return /^y(es)?$/i.test(answer.trim())
}

async function verify(store: Store, { dryRun = false }: { readonly dryRun?: boolean }): Promise<void> {
  let sound = 0
  let damaged = 0
  const { foreign } = await verifyStore(store, {
    keep: dryRun,
    onResult(result) {
      if (result.faults.length === 0) sound += 1
      else damaged += 1
      for (const line of faultLines(result, dryRun)) print(line)
    },
  })
  for (const path of foreign) print(`"${path}" is no result; move it elsewhere, nothing reads it here`)
  print(`${count(sound, 'result')} as published, ${formatNumber(damaged)} damaged`)
  if (damaged > 0) process.exitCode = exitCodes.failedWork
}

function faultLines({ key, stage, faults, movedTo }: Verified, dryRun: boolean): readonly string[] {
  if (faults.length === 0) return []
  const advice =
    movedTo !== undefined
      ? `moved to ${movedTo}; the next run makes it anew`
      : dryRun
        ? 'terroir clean --verify sets it aside, and the next run makes it anew'
        : 'left in place, since a run uses it; verify again when that is over'
  return [`damaged  ${key.slice(0, 8)}  ${stage}`.trimEnd(), ...faults.map(fault => `  ${fault}`), `  ${advice}`]
}
