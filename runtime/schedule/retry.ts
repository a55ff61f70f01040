/** Repeats attempts that failed for a transient reason. */
import { setTimeout } from 'node:timers/promises'

/** Number of attempts, and the waits between them. */
export interface RetryOptions<T> {
  /** True for an outcome that is worth another attempt. */
  readonly isTransient: (outcome: T) => boolean
  /** Called before each wait, with the milliseconds it takes and the number of the attempt that follows. */
  readonly onRetry: (outcome: T, wait: number, attempt: number) => void
  /** Ends the waiting: the last outcome stands. */
  readonly signal: AbortSignal
  /** @default 3 */
  readonly attempts?: number
  /** Milliseconds before the second attempt, doubled for each further one, half to one and a half of it. @default 2000 */
  readonly firstWait?: number
  /** A number from 0 up to 1. @default Math.random */
  readonly random?: () => number
}

/** Calls `attempt` until its outcome is not transient, or the attempts are used up; resolves to the last outcome. */
export async function withRetries<T>(attempt: () => Promise<T>, options: RetryOptions<T>): Promise<T> {
  const { isTransient, onRetry, signal, attempts = 3, firstWait = 2000, random = Math.random } = options
  for (let number = 1; ; number += 1) {
    const outcome = await attempt()
    if (number === attempts || signal.aborted || !isTransient(outcome)) return outcome
    const wait = Math.round(firstWait * 2 ** (number - 1) * (0.5 + random()))
    onRetry(outcome, wait, number + 1)
    await setTimeout(wait, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return outcome
  }
}
