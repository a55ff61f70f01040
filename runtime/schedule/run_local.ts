/** Runs a plan on this machine. */
import { availableParallelism, totalmem } from 'node:os'
import type { Plan } from '../../dsl/compile/plan.ts'
import type { BegunRun } from './begin.ts'
import { localRunner } from './local.ts'
import { openLocalSlots } from './local_slots.ts'
import { lockingRunner } from './locking.ts'
import { type OpenExecutor, type RecordedRunOptions, runRecorded } from './recorded_run.ts'
import type { RunEnd } from './run_plan.ts'

/** Options of a local run. */
export interface LocalRunOptions extends RecordedRunOptions {
  /** Stages at the same time. @default the number of cores */
  readonly jobs?: number
  /** Devices to use at most. @default every free GPU, or one if the processor stands in */
  readonly slots?: number
  /** Milliseconds after which a stage is ended. @default no limit */
  readonly timeout?: number
}

/** Share of the machine's memory that stages may be estimated to use together. */
const memoryShare = 0.9

/** Runs what is missing of a plan. Rejects if the store cannot be written. */
export const runLocally = (plan: Plan, options: LocalRunOptions): Promise<RunEnd> =>
  runRecorded(plan, options, begun => openLocal(plan, { ...options, begun }))

async function openLocal(
  plan: Plan,
  { begun, ...options }: LocalRunOptions & { readonly begun: BegunRun },
): Promise<OpenExecutor> {
  const { store, forced, jobs = availableParallelism(), slots: count, timeout, entry, onEvent } = options
  const { run, journal, found } = begun
  const needsSlots = plan.stages.some(({ id, needs }) => needs.slots > 0 && (forced.has(id) || !found.has(id)))
  const { pool, devices } = await openLocalSlots({
    engine: needsSlots ? plan.engine : 'cpu',
    ...(count === undefined ? {} : { count }),
    onNotice: text => onEvent({ kind: 'notice', text }),
  })
  const local = localRunner({
    store,
    journal,
    run,
    engine: plan.engine,
    ...(devices === undefined ? {} : { devices }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(entry === undefined ? {} : { entry }),
  })
  const limits = {
    slots: pool.size,
    jobs,
    cores: Math.max(jobs, availableParallelism()),
    memory: memoryShare * Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
  }
  return {
    executor: { placement: { kind: 'when-ready', limits, pool }, ...lockingRunner(local, store) },
    async close() {
      await local.close()
      pool.close()
    },
  }
}
