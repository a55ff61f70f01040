/** A run on this machine, from recovery to the last line of its journal. */
import { availableParallelism, totalmem } from 'node:os'
import type { Plan } from '../../dsl/compile/plan.ts'
import type { Result, Store } from '../store/store.ts'
import { beginRun } from './begin.ts'
import { claimedExecutor } from './claimed.ts'
import type { RunEvent } from './events.ts'
import type { Journal } from './journal.ts'
import { localExecutor } from './local.ts'
import { type RunEnd, runPlan } from './run_plan.ts'

/** How a local run is done. */
export interface LocalRunOptions {
  readonly store: Store
  /** Results that are stored already, by stage. */
  readonly found: ReadonlyMap<string, Result>
  /** Stages that run although a result is stored. */
  readonly forced: ReadonlySet<string>
  readonly keepGoing: boolean
  /** Stages at the same time. @default the number of cores */
  readonly jobs?: number
  /** Milliseconds after which a stage is ended. @default no limit */
  readonly timeout?: number
  readonly onEvent: (event: RunEvent) => void
  readonly signal: AbortSignal
  /** Module the workers run; see `localExecutor`. */
  readonly entry?: string
}

/** Share of the machine's memory that stages may be estimated to use together. */
const memoryShare = 0.9

/** Devices of this machine: the processor stands in for one. */
const localSlots = 1

/** Runs what is missing of a plan. Rejects where the store cannot be written. */
export async function runLocally(plan: Plan, options: LocalRunOptions): Promise<RunEnd> {
  const { store, found, forced, keepGoing, jobs = availableParallelism(), onEvent, signal, entry } = options
  const { timeout } = options
  const begun = await beginRun(plan, { store, found })
  const { run, journal } = begun
  const executor = localExecutor({
    store,
    journal,
    run,
    engine: plan.engine,
    ...(timeout === undefined ? {} : { timeout }),
    ...(entry === undefined ? {} : { entry }),
  })
  try {
    return await runPlan(plan, {
      run,
      executor: claimedExecutor(executor, store),
      limits: {
        slots: localSlots,
        jobs,
        memory: memoryShare * Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
      },
      found: new Map([...begun.found].filter(([id]) => !forced.has(id))),
      forced,
      keepGoing,
      signal,
      async onEvent(event) {
        onEvent(event)
        await record(journal, event)
      },
    })
  } finally {
    await executor.close()
    await begun.end()
  }
}

/** Journals the events that matter after a crash. */
export async function record(journal: Journal, event: RunEvent): Promise<void> {
  switch (event.kind) {
    case 'stage-done':
      return journal.append({
        kind: event.kind,
        stage: event.stage,
        seconds: event.seconds,
        peakMemory: event.peakMemory,
      })
    case 'stage-failed':
      return journal.append({
        kind: event.kind,
        stage: event.stage,
        reason: event.fault.text,
        peakMemory: event.peakMemory,
      })
    case 'stage-skipped':
      return journal.append(event)
    case 'run-ended':
      return journal.append(event)
    case 'run-started':
    case 'run-waiting':
    case 'stage-cached':
    case 'stage-queued':
    case 'stage-started':
    case 'stage-waiting':
    case 'stage-progress':
    case 'stage-log':
      return
  }
}
