/** A run with any executor, from recovery to the last line of its journal. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Plan } from '../../dsl/compile/plan.ts'
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { type Result, type Store, storeFolders } from '../store/store.ts'
import { type BegunRun, beginRun } from './begin.ts'
import type { RunEvent } from './events.ts'
import type { Executor } from './executor.ts'
import type { Journal } from './journal.ts'
import { type RunEnd, runPlan } from './run_plan.ts'
import { trackStatus } from './status.ts'

/** Options of a run that do not depend on its executor. */
export interface RecordedRunOptions {
  readonly store: Store
  /** Results that are stored already, by stage. */
  readonly found: ReadonlyMap<string, Result>
  /** Stages that run although a result is stored. */
  readonly forced: ReadonlySet<string>
  /** Results of forced stages of which only the failed items are tried again. @default none */
  readonly retried?: ReadonlyMap<string, Result>
  readonly keepGoing: boolean
  readonly onEvent: (event: RunEvent) => void
  readonly signal: AbortSignal
  /** Module the workers run; see `localRunner`. */
  readonly entry?: string
}

/** An executor, and whatever is to be closed after the run, in this order. */
export interface OpenExecutor {
  readonly executor: Executor
  close(): Promise<void>
}

/**
 * Runs the stages of a plan that have no result. `open` makes the executor once the run has begun. Rejects if the store
 * cannot be written or the executor fails.
 */
export async function runRecorded(
  plan: Plan,
  { store, found, forced, retried, keepGoing, onEvent, signal }: RecordedRunOptions,
  open: (begun: BegunRun) => Promise<OpenExecutor>,
): Promise<RunEnd> {
  const begun = await beginRun(plan, { store, found })
  const status = trackStatus(store, begun.run)
  const closing: (() => Promise<void>)[] = [status.close, begun.end]
  try {
    const { executor, close } = await open(begun)
    closing.unshift(close)
    const end = await runPlan(plan, {
      run: begun.run,
      executor,
      found: new Map([...begun.found].filter(([id]) => !forced.has(id))),
      forced,
      ...(retried !== undefined && { retried }),
      keepGoing,
      signal,
      async onEvent(event) {
        onEvent(event)
        status.take(event)
        await record(begun.journal, event)
      },
    })
    if (end.outcome !== 'stopped' && isGone(store)) throw removed(store)
    return end
  } catch (cause) {
    throw isGone(store) ? removed(store, cause) : cause
  } finally {
    for (const close of closing) await close()
  }
}

const isGone = ({ folder }: Store): boolean => !existsSync(join(folder, storeFolders.results))

const removed = ({ folder }: Store, cause?: unknown): UserFault =>
  new UserFault(`The store in '${folder}' was removed while this run used it`, { hint: 'run again', cause })

/** Journals the events that matter after a crash, and the numbers of training. */
async function record(journal: Journal, event: RunEvent): Promise<void> {
  switch (event.kind) {
    case 'stage-done': {
      const { kind, stage, seconds, peakMemory } = event
      return journal.append({ kind, stage, seconds, peakMemory })
    }
    case 'stage-failed': {
      const { kind, stage, fault, peakMemory } = event
      return journal.append({ kind, stage, reason: fault.text, peakMemory })
    }
    case 'stage-skipped':
    case 'run-ended':
      return journal.append(event)
    case 'stage-log': {
      const { kind, stage, values } = event
      return values && journal.append({ kind, stage, values })
    }
    case 'run-started':
    case 'notice':
    case 'stage-cached':
    case 'stage-queued':
    case 'stage-started':
    case 'stage-waiting':
    case 'stage-progress':
      return
  }
}
