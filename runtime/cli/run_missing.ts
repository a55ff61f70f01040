/** The part of `terroir run` that runs: stages without a result, in the view that shows them, until it is interrupted. */
import type { Plan } from '../../dsl/compile/plan.ts'
import type { RunEvent } from '../schedule/events.ts'
import type { RunEnd } from '../schedule/run_plan.ts'
import type { SbatchOption } from '../schedule/slurm/options.ts'
import type { Result, Store } from '../store/store.ts'
import { jsonView, openView, type View } from './live/view.ts'
import { exitCodes, hasColour, printLine } from './recipe.ts'
import type { Flags } from './run_flags.ts'
import { leftText } from './slurm.ts'

type StageFailed = Extract<RunEvent, { kind: 'stage-failed' }>

/** How a run ended. */
export interface Ended extends RunEnd {
  /** Stages that ran, rather than being found. */
  readonly ran: ReadonlySet<string>
  readonly faults: readonly StageFailed[]
}

/** The end of a run that had nothing to do. */
export const upToDate = (results: ReadonlyMap<string, Result>): Ended => ({
  outcome: 'done',
  results,
  ran: new Set(),
  faults: [],
})

/** What to run, and what with. */
export interface Work {
  readonly store: Store
  readonly found: ReadonlyMap<string, Result>
  readonly forced: ReadonlySet<string>
  readonly flags: Flags
  readonly entry: string | undefined
  readonly given: readonly SbatchOption[]
  /** Results of forced stages of which only failed items are tried again. */
  readonly retried?: ReadonlyMap<string, Result>
}

/** Runs what has no result, or is forced. */
export async function runMissing(
  plan: Plan,
  { store, found, forced, retried, flags, entry, given }: Work,
): Promise<Ended> {
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
