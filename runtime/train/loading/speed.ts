/** How fast a loader is beside what it feeds. */

/** Numbers of a loader so far. */
export interface LoaderSpeed {
  /** Samples given out. */
  readonly delivered: number
  /** Since the first batch was asked for. */
  readonly seconds: number
  /** Of these, spent waiting for batches. */
  readonly waitedSeconds: number
  /** Samples that the threads made, some of them ahead. */
  readonly made: number
  /** Time that the threads were at work, added up. */
  readonly workedSeconds: number
  readonly threads: number
}

const whole = (value: number): string => Math.round(value).toLocaleString('en')

/**
 * A line for people: what the loader's threads make while they work, what the trainer takes while it does not wait, and
 * the share of the time that it waits.
 */
export function speedLine({ delivered, seconds, waitedSeconds, made, workedSeconds, threads }: LoaderSpeed): string {
  const waited = ((100 * waitedSeconds) / seconds).toFixed(1)
  return `loader ${whole((made * threads) / workedSeconds)} images/s, trainer ${whole(delivered / (seconds - waitedSeconds))} images/s, waited ${waited} %`
}
