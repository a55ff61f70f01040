/** A run on this machine, from recovery to the last line of its journal. */
import { availableParallelism, totalmem } from 'node:os'
import type { Plan } from '../../dsl/compile/plan.ts'
import type { Result, Store } from '../store/store.ts'
import { beginRun } from './begin.ts'
import type { RunEvent } from './events.ts'
import type { Journal } from './journal.ts'
import { localExecutor } from './local.ts'
import { openLocalSlots } from './local_slots.ts'
import { lockingExecutor } from './locking.ts'
import { type RunEnd, runPlan } from './run_plan.ts'
import { trackStatus } from './status.ts'

/** How a local run is done. */
export interface LocalRunOptions {
  readonly store: Store
  /** Results that are stored already, by stage. */
  readonly found: ReadonlyMap<string, Result>
  /** Stages that run although a result is stored. */
  readonly forced: ReadonlySet<string>
  /** Results of forced stages of which only the failed items are tried again. @default none */
  readonly retried?: ReadonlyMap<string, Result>
  readonly keepGoing: boolean
  /** Stages at the same time. @default the number of cores */
  readonly jobs?: number
  /** Devices to use at most. @default every free GPU, or one where the processor stands in */
  readonly slots?: number
  /** Milliseconds after which a stage is ended. @default no limit */
  readonly timeout?: number
  readonly onEvent: (event: RunEvent) => void
  readonly signal: AbortSignal
  /** Module the workers run; see `localExecutor`. */
  readonly entry?: string
}

/** Share of the machine's memory that stages may be estimated to use together. */
const memoryShare = 0.9

/** Runs what is missing of a plan. Rejects where the store cannot be written. */
export async function runLocally(plan: Plan, options: LocalRunOptions): Promise<RunEnd> {
  const { store, found, forced, keepGoing, jobs = availableParallelism(), onEvent, signal, entry } = options
  const { timeout, slots: count } = options
  const begun = await beginRun(plan, { store, found })
  const { run, journal } = begun
  const status = trackStatus(store, run)
  const closing: (() => Promise<void> | void)[] = [() => status.close(), () => begun.end()]
  try {
    const needsSlots = plan.stages.some(({ id, needs }) => needs.slots > 0 && (forced.has(id) || !begun.found.has(id)))
    const { pool, devices } = await openLocalSlots({
      engine: needsSlots ? plan.engine : 'cpu',
      ...(count === undefined ? {} : { count }),
      onNotice: text => onEvent({ kind: 'notice', text }),
    })
    closing.unshift(() => pool.close())
    const executor = localExecutor({
      store,
      journal,
      run,
      engine: plan.engine,
      ...(devices === undefined ? {} : { devices }),
      ...(timeout === undefined ? {} : { timeout }),
      ...(entry === undefined ? {} : { entry }),
    })
    closing.unshift(() => executor.close())
    return await runPlan(plan, {
      run,
      executor: lockingExecutor(executor, store),
      pool,
      limits: {
        slots: pool.size,
        jobs,
        cores: Math.max(jobs, availableParallelism()),
        memory: memoryShare * Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
      },
      found: new Map([...begun.found].filter(([id]) => !forced.has(id))),
      forced,
      ...(options.retried !== undefined && { retried: options.retried }),
      keepGoing,
      signal,
      async onEvent(event) {
        onEvent(event)
        status.take(event)
        await record(journal, event)
      },
    })
  } finally {
    for (const close of closing) await close()
  }
}

/** Journals the events that matter after a crash, and the numbers of training. */
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
