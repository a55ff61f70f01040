/**
 * terroir as a library: the commands as functions that return values. They neither print nor set an exit code.
 *
 * ```ts
 * import { check, run } from 'terroir'
 *
 * const { isSound } = await check('recipe.yaml')
 * if (isSound) await run('recipe.yaml', { onEvent: event => console.log(event.kind) })
 * ```
 *
 * Each function is loaded at its first call, so that the import itself costs nothing. The builders of TypeScript recipes
 * (`recipe`, `folder`, `train` ...) are declared under the same import; recipes are read and never executed, so that
 * builders have no values.
 */
import type * as checking from './check.ts'
import type * as cleaning from './clean.ts'
import type * as converting from './convert.ts'
import type * as diffing from './diff.ts'
import type * as machine from './doctor.ts'
import type * as explaining from './explain.ts'
import type * as exporting from './export_model.ts'
import type * as formatting from './format.ts'
import type * as locking from './lock.ts'
import type * as planning from './plan.ts'
import type * as recipes from './recipe.ts'
import type * as reporting from './report.ts'
import type * as measuring from './results.ts'
import type * as running from './run.ts'
import type * as runs from './runs.ts'
import type * as listing from './samples.ts'
import type * as compiling from './stage_graph.ts'

export type { LoadedRecipe, Variant } from '../../dsl/compile/load.ts'
export type { LockFault, OutputFault } from '../../dsl/compile/lock_check.ts'
export type { Outline, OutlinedStage, Plan, PlannedClaim, Stage } from '../../dsl/compile/plan.ts'
export type { Diagnostic } from '../../dsl/diagnostics/diagnostic.ts'
export { DataFault, Fault, faultClassOf, Refusal, UserFault } from '../../dsl/diagnostics/faults.ts'
export { renderText as renderDiagnostics } from '../../dsl/diagnostics/render.ts'
export * from '../../dsl/mod.ts'
export type { JudgedClaim } from '../report/claims.ts'
export type { RunEvent } from '../schedule/events.ts'
export type { LivingRun } from '../schedule/status.ts'
export type { Result } from '../store/store.ts'
export type { CheckResult } from './check.ts'
export type { CleanOptions, CleanResult, StoreSurvey, VerifyOptions, VerifyResult } from './clean.ts'
export type { ClaimChange, Comparison, ComparisonSide, MetricChange } from './compare.ts'
export type { ConvertOptions } from './convert.ts'
export type { DiffResult, RecipePlace } from './diff.ts'
export type { MachineReport } from './doctor.ts'
export type { Explanation } from './explain.ts'
export type { StageExplanation, StageState } from './explain_stage.ts'
export type { FieldExplanation, ValueExplanation } from './explain_value.ts'
export type { ExportOptions, ExportResult } from './export_model.ts'
export {
  BusyRefusal,
  LockMismatch,
  PermissionRefusal,
  RecipeFault,
  RequestFault,
  UnfinishedFault,
} from './faults.ts'
export type { FormattedFile } from './format.ts'
export type { LockCheck, LockResult } from './lock.ts'
export type { PlanResult, StoreFolderOption } from './plan.ts'
export type { RecipeOptions } from './recipe.ts'
export type { ReportOptions } from './report.ts'
export type { RecipeResults, StageResults } from './results.ts'
export type { RunObserver, RunOptions, RunResult, StageFailure } from './run_options.ts'
export type { LogOptions, StopRunOptions } from './runs.ts'
export type { SampleCell, SampleColumn, SampleRow } from './sample_record.ts'
export type { SampleList, SamplesOptions } from './samples.ts'
export type { StageGraph, StageGraphOptions } from './stage_graph.ts'

/**
 * Reads and checks a recipe. Faults of the recipe are in `diagnostics`; with errors there are no `variants`.
 *
 * @param file path of the recipe, in YAML or TypeScript
 */
export const load: typeof recipes.load = async (...given) => (await import('./recipe.ts')).load(...given)

/**
 * Checks recipes: each mistake with its place and, where one is known, the edit that mends it. Nothing runs.
 *
 * @param paths recipe files, or folders that are searched for them
 */
export const check: typeof checking.check = async (...given) => (await import('./check.ts')).check(...given)

/**
 * Compiles a recipe and looks its stages up in the store. Nothing runs. A stage whose data is not on this machine has
 * no key. Rejects with a {@link RecipeFault} where the recipe has errors, as do all functions below.
 */
export const plan: typeof planning.plan = async (...given) => (await import('./plan.ts')).plan(...given)

/**
 * Explains a stage (the parts of its key, its state, its changes since the lock) or a value (its origin).
 *
 * @param what a stage, as in the plan, or the path of a value, such as `train.pretrain.batch_size`
 */
export const explain: typeof explaining.explain = async (...given) => (await import('./explain.ts')).explain(...given)

/**
 * Compiles the steps of a stage that runs a model, by its sizes alone, and gives the text of their graphs. Nothing runs.
 *
 * @param stage a stage, as in the plan
 */
export const stageGraphs: typeof compiling.stageGraphs = async (...given) =>
  (await import('./stage_graph.ts')).stageGraphs(...given)

/**
 * Runs the stages of a recipe whose results are not stored yet, judges its claims, and writes its report and lock.
 *
 * A failed stage is told by an event and in the result. Rejects where nothing can run: with a {@link RecipeFault},
 * {@link RequestFault}, {@link PermissionRefusal}, {@link LockMismatch} or {@link BusyRefusal}, or where the store
 * cannot be written.
 */
export const run: typeof running.run = async (...given) => (await import('./run.ts')).run(...given)

/** The scripts of the jobs that a run under Slurm would submit, each behind its command. Nothing is submitted. */
export const jobScripts: typeof running.jobScripts = async (...given) => (await import('./run.ts')).jobScripts(...given)

/** The results of a recipe that are stored: metrics of finished stages, and verdicts on claims. Nothing runs. */
export const results: typeof measuring.results = async (...given) => (await import('./results.ts')).results(...given)

/**
 * Lists samples of a stage that has run: those of a dataset, the verdicts of a filter, the predictions of an evaluation.
 * Nothing runs, and memory is bounded by a block of rows.
 *
 * @param name a source, a filter or an evaluation, as in the plan, or a split of one
 */
export const samples: typeof listing.samples = async (...given) => (await import('./samples.ts')).samples(...given)

/**
 * Compares two recipes, or two revisions of one: parameters, stages that run again, metrics and claims of the locks
 * beside them. Files of a revision are read from git.
 */
export const diff: typeof diffing.diff = async (...given) => (await import('./diff.ts')).diff(...given)

/**
 * Writes the lock beside a recipe from the recipe and the store, without running anything. Rejects with an
 * {@link UnfinishedFault} where a stage has no result.
 */
export const lock: typeof locking.lock = async (...given) => (await import('./lock.ts')).lock(...given)

/** Compares the lock beside a recipe with the recipe. Needs no results, and writes nothing. */
export const checkLock: typeof locking.checkLock = async (...given) => (await import('./lock.ts')).checkLock(...given)

/**
 * Writes the HTML report of a recipe from the results in the store.
 *
 * @returns the absolute path of the page
 */
export const report: typeof reporting.report = async (...given) => (await import('./report.ts')).report(...given)

/**
 * Writes a trained model, whose stage has run, as a folder for other programs. Nothing is overwritten.
 *
 * @param model a training run or distillation, a phase or round of one, or a model that comes with weights
 */
export const exportModel: typeof exporting.exportModel = async (...given) =>
  (await import('./export_model.ts')).exportModel(...given)

/** Lays YAML recipes out canonically: order of keys, indent, blank lines. Comments and meaning stay. */
export const format: typeof formatting.format = async (...given) => (await import('./format.ts')).format(...given)

/** The text of a YAML recipe as TypeScript, or of a TypeScript recipe as YAML, comments included. */
export const convert: typeof converting.convert = async (...given) => (await import('./convert.ts')).convert(...given)

/**
 * Writes a starter recipe, and the schema for editors beside it. Nothing is overwritten.
 *
 * @param name name of the recipe, or path of the file
 */
export const init = async (name?: string): Promise<{ readonly file: string }> =>
  (await import('./starter.ts')).init(name)

/** Removes results that no lock, no recipe and no run reaches. `confirm` sees first what can go. */
export const clean: typeof cleaning.clean = async (...given) => (await import('./clean.ts')).clean(...given)

/** Reads every stored result again, and sets aside those that are not as they were published. */
export const verify: typeof cleaning.verify = async (...given) => (await import('./clean.ts')).verify(...given)

/** Tries each engine on this machine: a small graph is compiled and run. */
export const doctor: typeof machine.doctor = async () => (await import('./doctor.ts')).doctor()

/** The runs on a store that go on, oldest first, with the stages that they run. */
export const activeRuns: typeof runs.activeRuns = async (...given) => (await import('./runs.ts')).activeRuns(...given)

/**
 * Stops a run: training saves a checkpoint, and finished stages are kept. Waits until the run has ended.
 *
 * @returns the run; undefined where none goes on
 */
export const stop: typeof runs.stop = async (...given) => (await import('./runs.ts')).stop(...given)

/** Paths of the logs of every stage's latest run, by stage, sorted. */
export const logs: typeof runs.logs = async (...given) => (await import('./runs.ts')).logs(...given)

/** The stages with a log that a name means: a stage and those that make its parts, or the stages of an entry. */
export const stagesWithLog: typeof runs.stagesWithLog = async (...given) =>
  (await import('./runs.ts')).stagesWithLog(...given)

/** The log of a stage's latest run, in chunks of bytes. Throws a {@link RequestFault} where there is none. */
export const readLog: typeof runs.readLog = async function* (...given) {
  yield* (await import('./runs.ts')).readLog(...given)
}
