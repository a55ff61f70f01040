/** The conclusion from a job's state and its last message; a pure function, since it must be right for every order of the two. */
import type { QueuedJob } from './commands.ts'
import type { JobEnd } from './messages.ts'
import { isActive, type JobPhase } from './states.ts'

/** The state and the last message of a job at one moment. */
export interface JobEvidence {
  /** Its row in the queue; `unknown` while Slurm does not answer, or has not since the submission. */
  readonly queue: QueuedJob | 'absent' | 'unknown'
  readonly end: JobEnd | undefined
  /** True if the job ended long enough ago that its files must be seen by now. */
  readonly overdue: boolean
}

/** `wait`: nothing is decided. `silent`: it ended without a message, in this phase or, if the queue forgot it, `gone`. */
export type JobConclusion =
  | { readonly kind: 'wait' }
  | { readonly kind: 'end'; readonly end: Exclude<JobEnd, { kind: 'stopped' }> }
  | { readonly kind: 'silent'; readonly phase: Exclude<JobPhase, 'waiting' | 'running'> | 'gone' }

const wait: JobConclusion = { kind: 'wait' }

/**
 * Concludes the end of a job. A published result counts in any state; a fault only once Slurm had the chance to report
 * a state that explains more.
 */
export function concludeJob({ queue, end, overdue }: JobEvidence): JobConclusion {
  if (end?.kind === 'done') return { kind: 'end', end }
  if (queue === 'unknown') return end?.kind === 'fault' ? { kind: 'end', end } : wait
  const phase = queue === 'absent' ? 'gone' : queue.phase
  switch (phase) {
    case 'waiting':
    case 'running':
      return wait
    case 'timeout':
    case 'memory':
    case 'lost':
    case 'cancelled':
      return { kind: 'silent', phase }
    case 'done':
    case 'failed':
    case 'gone':
      if (end?.kind === 'fault') return { kind: 'end', end }
      return overdue ? { kind: 'silent', phase } : wait
  }
}

/** True if Slurm is done with the job. */
export const hasEnded = (queue: JobEvidence['queue']): boolean =>
  queue !== 'unknown' && (queue === 'absent' || !isActive(queue.phase))
