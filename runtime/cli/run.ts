/** `terroir run`: runs what is missing of a recipe, shows how it goes, and tells what came out. */
import { Command, Option, type Command as Program } from 'commander'
import type { Plan } from '../../dsl/compile/plan.ts'
import { judgeClaims } from '../report/claims.ts'
import { deniedPermissions } from '../schedule/grants.ts'
import { recover } from '../schedule/recover.ts'
import { findResults, missingBefore, planUntil, stagesNamed, withDependents } from '../schedule/select.ts'
import type { SbatchOption } from '../schedule/slurm/options.ts'
import { engineNames } from '../stages/stage.ts'
import { recordRoot } from '../store/roots.ts'
import { openStore, type Result, type Store, storeFolder } from '../store/store.ts'
import { lockPath, settleLock } from './lock_file.ts'
import { areAsLocked, lockedTo } from './locked.ts'
import { collect, setOption, storeOption } from './options.ts'
import { settleReport } from './outputs.ts'
import { exitCodes, loadPlan, printLine, tellUnknownStage } from './recipe.ts'
import { resultsToRetry, retryItems } from './retry_failed.ts'
import { printJson, printText } from './run_end.ts'
import { collectNames, duration, type Flags, wholeNumber } from './run_flags.ts'
import { runMissing, upToDate, type Work } from './run_missing.ts'
import { describeJobs, readExecutorFlags } from './slurm.ts'

const examples = `
Examples:
  terroir run recipe.yaml
  terroir run recipe.yaml --until pretrain.web
  terroir run recipe.yaml --set train.pretrain.batch_size=32
  terroir run recipe.yaml --force overhead
  terroir run recipe.yaml --executor slurm --sbatch partition=gpu --sbatch pretrain:time=12:00:00
  terroir run recipe.yaml --retry-failed           once the network drive is back
  terroir run recipe.yaml --locked --store again   reproduce it, from nothing

A run can be interrupted at any time; the next one goes on from what is done.

Exit codes: 0 done, 1 a stage failed or, with --strict, a claim does not hold
or, with --locked, recipe or results are not those of the lock, 2 bad recipe or
usage, 130 interrupted.`

/** The command. */
export function command(): Program {
  return new Command('run')
    .description(
      'Runs the stages of a recipe whose results are not stored yet; then prints what they made and which claims hold, and writes report and lock.',
    )
    .argument('<recipe>', 'recipe file')
    .addOption(setOption())
    .addOption(
      new Option('--engine <name>', 'compute with this engine, whatever the recipe says')
        .choices(engineNames)
        .env('TERROIR_ENGINE'),
    )
    .option('--force <stage>', 'run this stage again, and what depends on it; may be repeated', collect)
    .option('--until <stage>', 'run only this stage and what it needs')
    .option('--only <stage>', 'run only this stage; what it needs must be done')
    .option('--jobs <count>', 'stages at the same time (default: the number of cores)', wholeNumber)
    .addOption(
      new Option('--slots <count>', 'devices to use, or parts of the processor (default: every free GPU, or 1)')
        .argParser(wholeNumber)
        .env('TERROIR_SLOTS'),
    )
    .option('--timeout <duration>', 'end a stage that takes longer: 90s, 30m, 12h', duration)
    .option('--retry-failed', 'try items again that failed in finished stages, and only those; keep the others')
    .option('--keep-going', 'after a failure, go on with what does not need the failed stage')
    .option('--strict', 'exit with 1 when a claim does not hold')
    .addOption(new Option('--executor <name>', 'where stages run').choices(['local', 'slurm']).default('local'))
    .option('--sbatch <option>', 'with slurm: [STAGE:]NAME=VALUE, an option of sbatch; may be repeated', collect)
    .option('--dry-run', 'with slurm: print the scripts of the jobs, and submit nothing')
    .option('--allow-net <host>', 'let stages reach this host; may be repeated', collectNames)
    .option('--allow-env <name>', 'let stages see this environment variable; may be repeated', collectNames)
    .option('--allow-run <program>', 'let stages start this program; may be repeated', collectNames)
    .option('--allow-read <path>', 'let stages read this path outside the project; may be repeated', collect)
    .option('--locked', 'run only what the lock was written for; exit with 1 when a result is not as locked')
    .addOption(storeOption())
    .option('--json', 'print events as JSON, one a line')
    .addHelpText('after', examples)
    .action(async (recipe: string, flags: Flags) => {
      process.exitCode = await run(recipe, flags)
    })
}

async function run(recipe: string, flags: Flags): Promise<number> {
  const loaded = await loadPlan(recipe, flags)
  if (loaded === undefined) return exitCodes.badRecipe
  const { plan } = loaded
  const unknown = [flags.until ?? [], flags.only ?? [], flags.force ?? []]
    .flat()
    .find(name => stagesNamed(plan, name).length === 0)
  if (unknown !== undefined) {
    tellUnknownStage(plan, unknown)
    return exitCodes.badRecipe
  }
  // A lock speaks for the recipe as it is written, and for all of it.
  const asWritten = (flags.until ?? flags.only) === undefined && flags.engine === undefined && !flags.set?.length
  const { path } = loaded.loaded
  return runCompiled(plan, flags, { recipe: path, ...((asWritten || flags.locked) && { lock: lockPath(path) }) })
}

/** What a run may be given beside its flags. */
export interface RunPlaces {
  /** Path of the recipe, whose results `terroir clean` keeps. */
  readonly recipe?: string
  /** Path of the lock to write, or to hold the run to. */
  readonly lock?: string
  /** Module the workers run; see `localExecutor`. */
  readonly entry?: string
}

/** Runs a compiled recipe, and returns the exit code. */
export async function runCompiled(whole: Plan, flags: Flags, { recipe, lock, entry }: RunPlaces = {}): Promise<number> {
  const locked = flags.locked && lock !== undefined ? await lockedTo(whole, lock) : undefined
  if (flags.locked && locked === undefined) return exitCodes.failedWork
  const plan = chosenPlan(whole, flags)
  const store = openStore(storeFolder(flags.store))
  const found = await findResults(plan, store)
  const forced = withDependents(plan, flags.force ?? [])
  const missing = plan.stages.filter(({ id }) => forced.has(id) || !found.has(id))
  const retried = flags.retryFailed ? resultsToRetry(plan, found) : new Map<string, Result>()
  const again = plan.stages.filter(({ id }) => retried.has(id) && !forced.has(id))
  const given = givenOptions(plan, flags)
  if (given === undefined) return exitCodes.badRecipe
  if (flags.dryRun) {
    printLine(await describeJobs([...again, ...missing], { engine: plan.engine, store, given }))
    return exitCodes.ok
  }
  const before = flags.only === undefined ? [] : missingBefore(plan, flags.only, found)
  if (before.length > 0) {
    process.stderr.write(`error: '${flags.only}' needs ${before.join(', ')}, not done yet\n`)
    process.stderr.write(`hint: --until ${flags.only} runs what is needed, too\n`)
    return exitCodes.badRecipe
  }
  const refusals = deniedPermissions([...again, ...missing], flags)
  if (refusals.length > 0) {
    for (const { message } of refusals) process.stderr.write(`error: ${message}\n`)
    process.stderr.write(`hint: run with ${refusals.map(({ flag }) => flag).join(' ')}\n`)
    return exitCodes.badRecipe
  }
  if (recipe !== undefined) await remember(whole, { store, recipe, reading: missing.length === 0 })
  const work: Work = { store, found, forced, flags, entry, given }
  if (flags.retryFailed) {
    const code = await retryItems({ ...plan, stages: again }, { ...work, retried, missing })
    if (code !== exitCodes.ok) return code
    const { retryFailed: _, ...rest } = flags
    return runCompiled(whole, rest, { ...(recipe && { recipe }), ...(lock && { lock }), ...(entry && { entry }) })
  }
  const ended = missing.length > 0 ? await runMissing(plan, work) : upToDate(found)
  const claims = judgeClaims(plan, ended.results)
  const print = flags.json ? printJson : printText
  const report = ended.outcome === 'done' ? await settleReport(plan, { store, results: ended.results }) : undefined
  if (ended.outcome === 'done' && lock !== undefined && locked === undefined)
    await settleLock(plan, { path: lock, store, outputs: outputsOf(ended.results) })
  print({ plan, claims, ...ended, ...(report === undefined ? {} : { report }) })
  const isOther = locked !== undefined && !areAsLocked(locked, plan, ended.results)
  if (ended.outcome === 'stopped') return exitCodes.interrupted
  const broken = flags.strict === true && claims.some(({ verdict }) => verdict !== 'held')
  return ended.outcome === 'failed' || broken || isOther ? exitCodes.failedWork : exitCodes.ok
}

function givenOptions(plan: Plan, flags: Flags): readonly SbatchOption[] | undefined {
  try {
    return readExecutorFlags(plan, flags)
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`)
    return undefined
  }
}

/** Says which results the recipe needs; a store that may only be read still serves what it holds. */
async function remember(
  { stages }: Plan,
  { store, recipe, reading }: { readonly store: Store; readonly recipe: string; readonly reading: boolean },
): Promise<void> {
  try {
    await store.prepare()
    await recordRoot(store.folder, { recipe, keys: stages.map(({ key }) => key) })
    if (reading) await recover(store)
  } catch (error) {
    if (!reading) throw error
  }
}

const outputsOf = (results: ReadonlyMap<string, Result>) =>
  new Map([...results].map(([id, { manifest }]) => [id, manifest]))

function chosenPlan(plan: Plan, { engine = plan.engine, only, until = only }: Flags): Plan {
  const chosen = { ...plan, engine }
  return until === undefined ? chosen : planUntil(chosen, until)
}
