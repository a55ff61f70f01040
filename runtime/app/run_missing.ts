/** The part of a run that runs stages: those without a result, and those that are forced. */
import type { Plan } from '../../dsl/compile/plan.ts'
import type { RunEvent } from '../schedule/events.ts'
import type { SbatchOption } from '../schedule/slurm/options.ts'
import type { Result, Store } from '../store/store.ts'
import type { RunOptions, StageFailure, StagesEnd } from './run_options.ts'

/** The end of a run that had nothing to do. */
export const upToDate = (results: ReadonlyMap<string, Result>): StagesEnd => ({
  outcome: 'done',
  results,
  ran: new Set(),
  failures: [],
  jobsLeft: [],
})

/** Stages to run, and what with. */
export interface StageWork {
  readonly store: Store
  readonly found: ReadonlyMap<string, Result>
  readonly forced: ReadonlySet<string>
  readonly options: RunOptions
  /** Module the workers run; see `localRunner`. */
  readonly entry: string | undefined
  readonly sbatchOptions: readonly SbatchOption[]
  /** Results of forced stages of which only failed items are tried again. */
  readonly retried?: ReadonlyMap<string, Result>
}

/** Runs the stages that have no result, or are forced. */
export async function runMissing(
  plan: Plan,
  { store, found, forced, retried, options, entry, sbatchOptions }: StageWork,
): Promise<StagesEnd> {
  const { onEvent, onActive, signal = new AbortController().signal } = options
  const ran = new Set<string>()
  const failures: StageFailure[] = []
  const common = {
    store,
    found,
    forced,
    ...(retried !== undefined && { retried }),
    keepGoing: options.keepGoing ?? false,
    ...(entry !== undefined && { entry }),
    signal,
    onEvent(event: RunEvent) {
      onEvent?.(event)
      if (event.kind === 'stage-done') ran.add(event.stage)
      if (event.kind === 'stage-failed') failures.push(event)
    },
  }
  onActive?.(true)
  try {
    if (options.executor === 'slurm') {
      const { runOnSlurm } = await import('../schedule/slurm/run_slurm.ts')
      const end = await runOnSlurm(plan, { ...common, given: sbatchOptions })
      return { ...end, ran, failures }
    }
    const { runLocally } = await import('../schedule/run_local.ts')
    const end = await runLocally(plan, {
      ...common,
      ...(options.jobs !== undefined && { jobs: options.jobs }),
      ...(options.slots !== undefined && { slots: options.slots }),
      ...(options.timeout !== undefined && { timeout: options.timeout }),
    })
    return { ...end, ran, failures }
  } finally {
    onActive?.(false)
  }
}
