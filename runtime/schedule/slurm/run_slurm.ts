/**
 * A run under Slurm: every missing stage becomes a job that depends on the jobs of its inputs. This process submits,
 * watches and reports, and may end at any moment: the next one finds the jobs by their names.
 */
import type { Plan } from '../../../dsl/compile/plan.ts'
import { type RecordedRunOptions, runRecorded } from '../recorded_run.ts'
import type { RunEnd } from '../run_plan.ts'
import { slurmExecutor } from './executor.ts'
import type { SbatchOption } from './options.ts'
import { openQueue, type Pace } from './queue.ts'

const usualPace: Pace = { files: 1000, queue: 10_000, lag: 60_000, patience: 60_000 }

/** Options of a run under Slurm. A stop ends the watching; the jobs go on. */
export interface SlurmRunOptions extends RecordedRunOptions {
  readonly given: readonly SbatchOption[]
  /** @default every second, and every ten for squeue */
  readonly pace?: Pace
}

/** Runs what is missing of a plan. Rejects if the store cannot be written or Slurm gives no first answer. */
export async function runOnSlurm(plan: Plan, options: SlurmRunOptions): Promise<RunEnd> {
  const { store, given, signal, pace = usualPace, entry, onEvent } = options
  const onNotice = (text: string): void => onEvent({ kind: 'notice', text })
  const queue = await openQueue({ pace, onNotice, signal })
  return runRecorded(plan, options, async ({ journal }) => {
    const executor = slurmExecutor(plan, { store, journal, queue, pace, given, onNotice, ...(entry && { entry }) })
    return { executor, close: executor.close }
  })
}
