/** Options and results of runs. */
import type { OutputFault } from '../../dsl/compile/lock_check.ts'
import type { Plan } from '../../dsl/compile/plan.ts'
import type { JudgedClaim } from '../report/claims.ts'
import type { RunEvent } from '../schedule/events.ts'
import type { Allowed } from '../schedule/grants.ts'
import type { RunEnd } from '../schedule/run_plan.ts'
import type { StoreFolderOption } from './plan.ts'
import type { RecipeOptions } from './recipe.ts'

/** Receivers of what happens in a run. */
export interface RunObserver {
  /** Receives each event; the first is `run-started`, the last `run-ended`, and a notice may come before both. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined
  /** Receives sentences on the run as a whole, such as that failed items are tried again. */
  readonly onNotice?: ((text: string) => void) | undefined
  /** Called with `true` before stages run, and with `false` when the last of them has ended. */
  readonly onActive?: ((isActive: boolean) => void) | undefined
  /** Ends the run gracefully: training saves a checkpoint, finished stages are kept. */
  readonly signal?: AbortSignal | undefined
}

/** Choice of stages, and of the place where they run. */
export interface StageChoice {
  /** Engine that computes. @default the recipe's */
  readonly engine?: string | undefined
  /** Stages to run again, with what depends on them. @default none */
  readonly force?: readonly string[] | undefined
  /** The last stage to run, with what it needs. @default all stages */
  readonly until?: string | undefined
  /** The one stage to run; what it needs must be done. @default all stages */
  readonly only?: string | undefined
  /** @default 'local' */
  readonly executor?: 'local' | 'slurm' | undefined
  /** Options of sbatch, each as `[STAGE:]NAME=VALUE`. @default none */
  readonly sbatch?: readonly string[] | undefined
  /** Stages at the same time, on this machine. @default the number of cores */
  readonly jobs?: number | undefined
  /** Time after which a stage is ended, on this machine. @unit milliseconds @default no limit */
  readonly timeout?: number | undefined
  /** Tries items again that failed in finished stages. @default false */
  readonly retryFailed?: boolean | undefined
  /** Runs only what the lock was written for, and compares the results with it. @default false */
  readonly locked?: boolean | undefined
  /** Reads every stored result whole before the run, and makes damaged ones anew. @default false */
  readonly verify?: boolean | undefined
  /** Nothing runs and the store stays as it is. @default false */
  readonly dryRun?: boolean | undefined
}

/** Options of a run. */
export interface RunOptions extends RecipeOptions, StoreFolderOption, Allowed, StageChoice, RunObserver {
  /** Devices to use at most. @default every free GPU, or one where the processor stands in */
  readonly slots?: number | undefined
  /** Goes on after a failure with what does not need the failed stage. @default false */
  readonly keepGoing?: boolean | undefined
}

/** The failure of a stage. */
export type StageFailure = Extract<RunEvent, { kind: 'stage-failed' }>

/** The end of the stages of a run. */
export interface StagesEnd extends RunEnd {
  /** Stages that ran, rather than being found. */
  readonly ran: ReadonlySet<string>
  readonly failures: readonly StageFailure[]
}

/** The end of a run. */
export interface RunResult extends StagesEnd {
  /** The plan of the chosen stages. */
  readonly plan: Plan
  readonly claims: readonly JudgedClaim[]
  /** Path of the report; absent where the run is not done. */
  readonly report?: string
  /** Results that are not as locked, of a run that is held to its lock. */
  readonly unlocked: readonly OutputFault[]
  /** True if the run ended while items were tried again: the results are as they were. */
  readonly isRetry: boolean
}
