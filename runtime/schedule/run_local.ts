/** A run on this machine, from recovery to the last line of its journal. */
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Plan } from '../../dsl/compile/plan.ts'
import { thisProcess } from '../store/process.ts'
import type { Result, Store } from '../store/store.ts'
import type { RunEvent } from './events.ts'
import { type Journal, openJournal } from './journal.ts'
import { localExecutor } from './local.ts'
import { journalFolder, recover } from './recover.ts'
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
  await store.prepare()
  await recover(store)
  const run = `${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}-${process.pid}`
  const journal = await openJournal(join(journalFolder(store), `${run}.ndjson`))
  try {
    await journal.append({ kind: 'run-started', run, recipe: plan.name, controller: thisProcess() })
    return await runPlan(plan, {
      run,
      executor: localExecutor({ store, journal, run, engine: plan.engine, ...(entry === undefined ? {} : { entry }) }),
      limits: {
        slots: localSlots,
        jobs,
        memory: memoryShare * Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
      },
      found: new Map([...found].filter(([id]) => !forced.has(id))),
      forced,
      keepGoing,
      signal,
      async onEvent(event) {
        onEvent(event)
        await record(journal, event)
      },
    })
  } finally {
    await journal.close()
  }
}

/** Journals the events that matter after a crash. */
async function record(journal: Journal, event: RunEvent): Promise<void> {
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
    case 'stage-started':
    case 'stage-progress':
    case 'stage-log':
      return
  }
}
