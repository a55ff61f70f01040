/** Throughput of a loader, compared with that of the trainer. */

/** Counters of a loader. */
export interface LoaderSpeed {
  /** Samples in batches that were returned. */
  readonly delivered: number
  /** Seconds since the first batch was requested. */
  readonly seconds: number
  /** Seconds of these spent waiting for batches. */
  readonly waitedSeconds: number
  /** Samples that the threads made, prefetched ones included. */
  readonly made: number
  /** Sum of the working time of all threads. */
  readonly workedSeconds: number
  readonly threads: number
}

const whole = (value: number): string => Math.round(value).toLocaleString('en')

/**
 * The throughput as a line of text: samples per second of the threads while they work, samples per second of the trainer
 * while it does not wait, and the share of the time that it waits.
 */
export function speedLine({ delivered, seconds, waitedSeconds, made, workedSeconds, threads }: LoaderSpeed): string {
  const waited = ((100 * waitedSeconds) / seconds).toFixed(1)
  return `loader ${whole((made * threads) / workedSeconds)} images/s, trainer ${whole(delivered / (seconds - waitedSeconds))} images/s, waited ${waited} %`
}
