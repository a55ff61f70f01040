/** Runs of recipes: stages without a result run, then report and lock are written. */

import type { Lock } from '../../dsl/compile/lock.ts'
import { outputFaults } from '../../dsl/compile/lock_check.ts'
import type { Plan, Stage } from '../../dsl/compile/plan.ts'
import { judgeClaims } from '../report/claims.ts'
import { deniedPermissions } from '../schedule/grants.ts'
import { recover } from '../schedule/recover.ts'
import { findResults, missingBefore, planUntil, stagesNamed, withDependents } from '../schedule/select.ts'
import type { SbatchOption } from '../schedule/slurm/options.ts'
import { checkStored, damageText } from '../schedule/verify.ts'
import { waitingText } from '../store/process.ts'
import { recordRoot } from '../store/roots.ts'
import { openStore, type Result, type Store, storeFolder } from '../store/store.ts'
import { PermissionRefusal, RequestFault } from './faults.ts'
import { lockPath, writeLock } from './lock_file.ts'
import { lockOfPlan } from './locked.ts'
import { makesModel } from './models.ts'
import { updateReport } from './outputs.ts'
import { loadPlan, unknownStage } from './recipe.ts'
import { resultsToRetry, retryItems } from './retry_failed.ts'
import { runMissing, type StageWork, upToDate } from './run_missing.ts'
import type { RunOptions, RunResult, StagesEnd } from './run_options.ts'
import { describeJobs, readJobOptions } from './slurm_jobs.ts'
import { recordVariant, variantName } from './variants.ts'

/**
 * Runs the stages of a recipe whose results are not stored yet, judges its claims, and writes its report and lock.
 *
 * A stage that fails is told by an event and in the result. Rejects where nothing can run: with a `RecipeFault`,
 * `RequestFault`, `PermissionRefusal`, `LockMismatch` or `BusyRefusal`, or where the store cannot be written.
 */
export async function run(file: string, options: RunOptions = {}): Promise<RunResult> {
  const { plan, paths } = await readRun(file, options)
  return runCompiled(plan, options, paths)
}

/** The scripts of the jobs that a run under Slurm would submit, each behind its command. Nothing is submitted. */
export async function jobScripts(file: string, options: RunOptions = {}): Promise<string> {
  const { plan, paths } = await readRun(file, options)
  const prepared = await prepare(plan, { ...options, dryRun: true }, paths)
  if (options.executor !== 'slurm')
    throw new RequestFault('--dry-run prints jobs of Slurm; add --executor slurm, or use terroir plan')
  const { engine } = prepared.plan
  return describeJobs([...prepared.again, ...prepared.missing], { ...prepared, engine })
}

/** Paths that a run reads and writes beside its store. */
export interface RunPaths {
  /** Path of the recipe, whose results `terroir clean` keeps. */
  readonly recipe?: string
  /** Values that the whole recipe ran with in place of its own: the run leaves a record. */
  readonly set?: readonly string[]
  /** Path of the lock to write, or to hold the run to. */
  readonly lock?: string
  /** Module the workers run; see `localRunner`. */
  readonly entry?: string
}

async function readRun(file: string, options: RunOptions): Promise<{ readonly plan: Plan; readonly paths: RunPaths }> {
  const { plan, loaded } = await loadPlan(file, options)
  const { until, only, force = [] } = options
  const unknown = [until ?? [], only ?? [], force].flat().find(name => stagesNamed(plan, name).length === 0)
  if (unknown !== undefined) throw unknownStage(plan, unknown)
  // A lock speaks for the recipe as it is written, and for all of it.
  const isAsWritten = (until ?? only) === undefined && options.engine === undefined && !options.set?.length
  const isVariant = (until ?? only) === undefined && options.set !== undefined && options.set.length > 0
  const { path } = loaded
  return {
    plan,
    paths: {
      recipe: path,
      ...(isVariant && { set: options.set }),
      ...((isAsWritten || options.locked) && { lock: lockPath(path) }),
    },
  }
}

/** A run before its first stage. */
interface PreparedRun {
  /** The plan of the chosen stages. */
  readonly plan: Plan
  readonly store: Store
  readonly found: ReadonlyMap<string, Result>
  readonly forced: ReadonlySet<string>
  /** Stages to run. */
  readonly missing: readonly Stage[]
  /** Finished stages whose failed items are tried again, and their results. */
  readonly again: readonly Stage[]
  readonly retried: ReadonlyMap<string, Result>
  readonly sbatchOptions: readonly SbatchOption[]
  /** The lock that the run is held to. */
  readonly locked?: Lock
}

async function prepare(whole: Plan, options: RunOptions, { lock }: RunPaths): Promise<PreparedRun> {
  const locked = options.locked && lock !== undefined ? await lockOfPlan(whole, lock) : undefined
  const plan = chosenPlan(whole, options)
  const store = openStore(storeFolder(options.store))
  const found = await soundResults(plan, { store, options })
  const forced = withDependents(plan, options.force ?? [])
  const missing = plan.stages.filter(({ id }) => forced.has(id) || !found.has(id))
  const retried = options.retryFailed ? resultsToRetry(plan, found) : new Map<string, Result>()
  const again = plan.stages.filter(({ id }) => retried.has(id) && !forced.has(id))
  const sbatchOptions = readJobOptions(plan, options)
  return { plan, store, found, forced, missing, again, retried, sbatchOptions, ...(locked && { locked }) }
}

/**
 * The stored results of a plan. Damaged ones are set aside and told. With `locked` and `verify` all are read whole, else
 * the models that a stage which is about to run starts from, and what was touched after publishing.
 */
async function soundResults(
  plan: Plan,
  { store, options }: { readonly store: Store; readonly options: RunOptions },
): Promise<ReadonlyMap<string, Result>> {
  const found = await findResults(plan, store)
  if (options.dryRun) return found
  const forced = withDependents(plan, options.force ?? [])
  const starts = plan.stages
    .filter(({ id, kind }) => makesModel(kind) && (forced.has(id) || !found.has(id)))
    .flatMap(({ inputs }) => Object.values(inputs).map(({ stage }) => stage))
  const models = new Set(starts.filter(id => makesModel(found.get(id)?.manifest.kind ?? '')))
  const isWhole = options.locked === true || options.verify === true
  const damaged = await checkStored(plan.stages, {
    store,
    found,
    whole: id => isWhole || models.has(id),
    onWait: (id, owner) => options.onNotice?.(`The stored result of '${id}' is damaged; waiting ${waitingText(owner)}`),
  })
  for (const one of damaged) options.onNotice?.(`${damageText(one)} and is made anew`)
  return damaged.length === 0 ? found : findResults(plan, store)
}

/** Runs a compiled recipe; see {@link run}. */
export async function runCompiled(whole: Plan, options: RunOptions, paths: RunPaths = {}): Promise<RunResult> {
  const prepared = await prepare(whole, options, paths)
  const { plan, store, found, forced, missing, again, retried, locked, sbatchOptions } = prepared
  const { recipe, set, lock, entry } = paths
  checkOrder(prepared, options)
  checkPermissions([...again, ...missing], options)
  if (recipe !== undefined) await remember(whole, { store, recipe, isReading: missing.length === 0 })
  const work: StageWork = { store, found, forced, options, entry, sbatchOptions }
  if (options.retryFailed) {
    const retry = await retryItems({ ...plan, stages: again }, { ...work, retried, missing })
    if (retry !== undefined && retry.outcome !== 'done')
      return { ...retry, plan, claims: [], unlocked: [], isRetry: true }
    return runCompiled(whole, { ...options, retryFailed: false }, paths)
  }
  const end = missing.length > 0 ? await runMissing(plan, work) : upToDate(found)
  const isDone = end.outcome === 'done'
  const name = set && variantName(plan.name, set)
  const report = isDone ? await updateReport(plan, { store, results: end.results, name }) : undefined
  if (isDone && recipe !== undefined && set !== undefined)
    await recordVariant(plan, { store, recipe, set, outputs: outputsOf(end) })
  if (isDone && lock !== undefined && locked === undefined)
    await writeLock(plan, { path: lock, store, outputs: outputsOf(end) })
  return {
    ...end,
    plan,
    claims: judgeClaims(plan, end.results),
    ...(report !== undefined && { report }),
    unlocked: locked === undefined ? [] : outputFaults(locked, plan, outputsOf(end)),
    isRetry: false,
  }
}

function checkOrder({ plan, found }: PreparedRun, { only }: RunOptions): void {
  const before = only === undefined ? [] : missingBefore(plan, only, found)
  if (before.length > 0)
    throw new RequestFault(`'${only}' needs ${before.join(', ')}, not done yet`, {
      hint: `--until ${only} runs what is needed, too`,
    })
}

function checkPermissions(stages: readonly Stage[], options: RunOptions): void {
  const refusals = deniedPermissions(stages, options)
  if (refusals.length === 0) return
  const flags = refusals.map(({ flag }) => flag).join(' ')
  const variables = [...new Set(refusals.map(({ variable }) => variable))].join(', ')
  throw new PermissionRefusal(
    refusals.map(({ message }) => message),
    `run with ${flags}, or grant it to all your runs by ${variables} (see terroir run --help)`,
  )
}

/** Records which results the recipe needs; a store that may only be read still serves what it holds. */
async function remember(
  { stages }: Plan,
  { store, recipe, isReading }: { readonly store: Store; readonly recipe: string; readonly isReading: boolean },
): Promise<void> {
  try {
    await store.prepare()
    await recordRoot(store.folder, { recipe, keys: stages.map(({ key }) => key) })
    if (isReading) await recover(store)
  } catch (error) {
    if (!isReading) throw error
  }
}

const outputsOf = ({ results }: StagesEnd) => new Map([...results].map(([id, { manifest }]) => [id, manifest]))

function chosenPlan(plan: Plan, { engine = plan.engine, only, until = only }: RunOptions): Plan {
  const chosen = { ...plan, engine }
  return until === undefined ? chosen : planUntil(chosen, until)
}
