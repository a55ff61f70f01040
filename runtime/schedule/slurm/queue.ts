/** The latest answer of Slurm about all jobs: one call at a time, and never more often than the pace allows. */
import { setTimeout } from 'node:timers/promises'
import { UserFault } from '../../../dsl/diagnostics/faults.ts'
import { askQueue, type QueuedJob } from './commands.ts'

/** Intervals and limits of waiting, in milliseconds. */
export interface Pace {
  /** Between two looks at the files of the jobs. */
  readonly files: number
  /** Between two calls of squeue: controllers of large clusters serve thousands. */
  readonly queue: number
  /** Until a file that another node wrote is sure to be seen. */
  readonly lag: number
  /** For a first answer of squeue. */
  readonly patience: number
}

/** The queue as it was seen last. */
export interface Queue {
  /** Its jobs; `undefined` while Slurm does not answer. */
  rows(): readonly QueuedJob[] | undefined
  /** Number of the last answer: an action after it shows in later answers only. */
  count(): number
  /** A job, in an answer after that number. */
  find(job: string, after: number): QueuedJob | 'absent' | 'unknown'
  /** Asks again if the pace allows it. */
  refresh(): Promise<void>
}

/** Options of watching the queue. */
export interface QueueOptions {
  readonly pace: Pace
  readonly onNotice: (text: string) => void
  readonly signal: AbortSignal
}

/**
 * Asks for the queue until there is an answer. Nothing may be submitted before: a job of an earlier controller may be
 * in it. Rejects with a `UserFault` when patience ends.
 */
export async function openQueue({ pace, onNotice, signal }: QueueOptions): Promise<Queue> {
  const until = Date.now() + pace.patience
  let answer = await askQueue()
  while (answer.kind === 'silent' && !signal.aborted) {
    if (Date.now() >= until) {
      throw new UserFault(`Slurm does not answer (${answer.why})`, {
        hint: 'nothing was submitted, jobs of earlier runs go on: run again once sinfo answers',
        transient: true,
      })
    }
    onNotice(`Slurm does not answer (${answer.why}); asking again`)
    await setTimeout(Math.min(pace.queue, pace.patience), undefined, { signal }).catch(() => undefined)
    answer = await askQueue()
  }
  let count = 0
  let asked = Date.now()

  const rows = (): readonly QueuedJob[] | undefined => (answer.kind === 'answer' ? answer.value : undefined)

  async function refresh(): Promise<void> {
    if (Date.now() - asked < pace.queue) return
    const next = await askQueue()
    asked = Date.now()
    if (next.kind === 'answer') count += 1
    if (next.kind === 'silent' && answer.kind === 'answer')
      onNotice(`squeue does not answer (${next.why}); the jobs go on, asking again every ${pace.queue / 1000} s`)
    if (next.kind === 'answer' && answer.kind === 'silent') onNotice('squeue answers again')
    answer = next
  }

  return {
    rows,
    count: () => count,
    find: (job, after) => (count <= after ? 'unknown' : (rows()?.find(({ id }) => id === job) ?? unseen(rows()))),
    refresh,
  }
}

const unseen = (rows: readonly QueuedJob[] | undefined): 'absent' | 'unknown' => (rows ? 'absent' : 'unknown')
