/** `terroir run`: runs what is missing of a recipe, shows how it goes, and tells what came out. */
import { Command, InvalidArgumentError, Option, type Command as Program } from 'commander'
import type { Plan } from '../../dsl/compile/plan.ts'
import { type JudgedClaim, judgeClaims } from '../report/claims.ts'
import type { RunEvent } from '../schedule/events.ts'
import { type Allowed, refusalsOf } from '../schedule/grants.ts'
import { recover } from '../schedule/recover.ts'
import type { RunEnd } from '../schedule/run_plan.ts'
import { findResults, missingBefore, planUntil, stagesNamed, withDependents } from '../schedule/select.ts'
import type { JobOption } from '../schedule/slurm/options.ts'
import { engineNames } from '../stages/stage.ts'
import { keepRoot } from '../store/roots.ts'
import { openStore, type Result, type Store, storeFolder } from '../store/store.ts'
import { painter } from './live/format.ts'
import { jsonView, openView, type View } from './live/view.ts'
import { lockPath, settleLock } from './lock_file.ts'
import { areAsLocked, lockedTo } from './locked.ts'
import { collect, setOption, storeOption } from './options.ts'
import { settleReport } from './outputs.ts'
import { exitCodes, hasColour, loadPlan, tellUnknownStage } from './recipe.ts'
import { failedBefore, readerOf, resultsToRetry } from './retry_failed.ts'
import { describeJobs, type ExecutorFlags, leftText, readExecutorFlags } from './slurm.ts'
import { claimTable, faultLines, type Printing, stageTable, warningLines } from './summary.ts'

/** What `terroir run` was given. */
export interface Flags extends Allowed, ExecutorFlags {
  readonly set?: readonly string[]
  readonly engine?: string
  readonly force?: readonly string[]
  readonly until?: string
  readonly keepGoing?: true
  readonly store?: string
  readonly json?: true
  readonly strict?: true
  readonly only?: string
  readonly slots?: number
  /** Milliseconds. */
  readonly timeout?: number
  readonly locked?: true
  readonly retryFailed?: true
}

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

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Expected a whole number from 1 on')
  return Number(text)
}

/** Several names may be given at once, with commas between them. */
const collectNames = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...value.split(','),
]

const secondsOf: { readonly [unit: string]: number } = { s: 1, m: 60, h: 3600 }

function duration(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([smh])$/.exec(text) ?? []
  const milliseconds = Number(digits) * (secondsOf[unit] ?? Number.NaN) * 1000
  if (milliseconds > 0) return milliseconds
  throw new InvalidArgumentError('Expected a number and a unit: 90s, 30m, 12h')
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
  const refusals = refusalsOf([...again, ...missing], flags)
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

/** Tries failed items again, each stage's result being replaced only by one that has more of them. */
async function retryItems(plan: Plan, { retried, missing, ...work }: Retry): Promise<number> {
  const tell = (text: string): void =>
    work.flags.json ? printLine(JSON.stringify({ kind: 'notice', text })) : void process.stderr.write(`${text}\n`)
  for (const { stage, reason } of await failedBefore(work.store, missing))
    tell(`'${stage}' failed and runs again: ${reason}`)
  if (plan.stages.length === 0) {
    tell('No finished stage has failed items')
    return exitCodes.ok
  }
  const reader = await readerOf(work.store, retried)
  if (reader !== undefined) {
    const { stage, pid, recipe } = reader
    process.stderr.write(
      `error: '${stage}' is read by a run of '${recipe}' (process ${pid}) and cannot be replaced now\n`,
    )
    process.stderr.write('hint: run again once that has ended, or end it with terroir stop\n')
    return exitCodes.failedWork
  }
  tell(`Trying failed items again: ${plan.stages.map(({ id }) => id).join(', ')}`)
  const forced = new Set(plan.stages.map(({ id }) => id))
  const ended = await runMissing(plan, { ...work, found: new Map(), forced, retried })
  if (ended.outcome === 'done') return exitCodes.ok
  const toStderr: Printing = { paint: painter(hasColour(process.stderr)), width: 160 }
  for (const fault of ended.faults) process.stderr.write(`\n${faultLines(fault, toStderr).join('\n')}\n\n`)
  tell('The results are as they were')
  return ended.outcome === 'stopped' ? exitCodes.interrupted : exitCodes.failedWork
}

interface Retry extends Work {
  readonly retried: ReadonlyMap<string, Result>
  /** Stages that run anyway. */
  readonly missing: Plan['stages']
}

function givenOptions(plan: Plan, flags: Flags): readonly JobOption[] | undefined {
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
    await keepRoot(store.folder, { recipe, keys: stages.map(({ key }) => key) })
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

type StageFailed = Extract<RunEvent, { kind: 'stage-failed' }>

interface Ended extends RunEnd {
  /** Stages that ran, rather than being found. */
  readonly ran: ReadonlySet<string>
  readonly faults: readonly StageFailed[]
}

const upToDate = (results: ReadonlyMap<string, Result>): Ended => ({
  outcome: 'done',
  results,
  ran: new Set(),
  faults: [],
})

interface Work {
  readonly store: Store
  readonly found: ReadonlyMap<string, Result>
  readonly forced: ReadonlySet<string>
  readonly flags: Flags
  readonly entry: string | undefined
  readonly given: readonly JobOption[]
  /** Results of forced stages of which only failed items are tried again. */
  readonly retried?: ReadonlyMap<string, Result>
}

async function runMissing(plan: Plan, { store, found, forced, retried, flags, entry, given }: Work): Promise<Ended> {
  const view = flags.json ? jsonView(printLine) : openView(process.stderr, { colour: hasColour(process.stderr) })
  const ran = new Set<string>()
  const faults: StageFailed[] = []
  const slurm = flags.executor === 'slurm'
  const interruption = listenForInterruption(view, slurm ? 'Leaving the jobs to Slurm' : 'Stopping')
  const common = {
    store,
    found,
    forced,
    ...(retried !== undefined && { retried }),
    keepGoing: flags.keepGoing ?? false,
    ...(entry !== undefined && { entry }),
    signal: interruption.signal,
    onEvent(event: RunEvent) {
      view.show(event)
      if (event.kind === 'stage-done') ran.add(event.stage)
      if (event.kind === 'stage-failed') faults.push(event)
    },
  }
  let left: readonly string[] = []
  try {
    if (slurm) {
      const { runOnSlurm } = await import('../schedule/slurm/run_slurm.ts')
      const end = await runOnSlurm(plan, { ...common, given, onNotice: text => view.notice(text) })
      left = end.left
      return { ...end, ran, faults }
    }
    const { runLocally } = await import('../schedule/run_local.ts')
    const end = await runLocally(plan, {
      ...common,
      ...(flags.jobs !== undefined && { jobs: flags.jobs }),
      ...(flags.slots !== undefined && { slots: flags.slots }),
      ...(flags.timeout !== undefined && { timeout: flags.timeout }),
    })
    return { ...end, ran, faults }
  } finally {
    interruption.close()
    view.close()
    if (left.length > 0) process.stderr.write(`${leftText(left)}\n`)
  }
}

const interruptions = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The first interruption stops the run gracefully; the second ends this process, and its workers notice. */
function listenForInterruption(view: View, doing: string) {
  const stop = new AbortController()
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(exitCodes.interrupted)
    view.notice(`${doing}; interrupt again to end at once`)
    stop.abort()
  }
  for (const signal of interruptions) process.on(signal, onSignal)
  return {
    signal: stop.signal,
    close(): void {
      for (const signal of interruptions) process.removeListener(signal, onSignal)
    },
  }
}

interface Conclusion extends Ended {
  readonly plan: Plan
  readonly claims: readonly JudgedClaim[]
  /** Path of the report. */
  readonly report?: string
}

function printJson({ outcome, ran, claims, report }: Conclusion): void {
  printLine(JSON.stringify({ kind: 'summary', outcome, ran: [...ran], claims, report }))
}

function printText({ plan, outcome, results, ran, faults, claims, report }: Conclusion): void {
  const printing: Printing = { paint: painter(hasColour(process.stdout)), width: process.stdout.columns ?? 160 }
  const toStderr: Printing = { ...printing, paint: painter(hasColour(process.stderr)) }
  for (const fault of faults) process.stderr.write(`\n${faultLines(fault, toStderr).join('\n')}\n\n`)
  const blocks = [
    ran.size > 0 && outcome === 'done' ? [stageTable(plan, { results, ran }, printing)] : [],
    ran.size > 0 ? warningLines(plan, results, printing) : [],
    outcome === 'done' && claims.length > 0 ? [claimTable(claims, printing)] : [],
    [closing(plan, { outcome, results, ran }), ...(report === undefined ? [] : [`Report: ${report}`])],
  ]
  const text = blocks.filter(lines => lines.length > 0).map(lines => lines.join('\n'))
  // What ran stands above, in the view of the run.
  printLine(`${ran.size > 0 ? '\n' : ''}${text.join('\n\n')}`)
}

function closing(
  { name, stages }: Plan,
  { outcome, results, ran }: Pick<Ended, 'outcome' | 'results' | 'ran'>,
): string {
  if (outcome === 'done') return ran.size === 0 ? 'Everything is up to date' : `${name} is done`
  const word = outcome === 'failed' ? 'failed' : 'was stopped'
  return `${name} ${word}; ${results.size} of ${stages.length} stages are done and kept, run again to go on`
}

const printLine = (line: string): void => void process.stdout.write(`${line}\n`)
