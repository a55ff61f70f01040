/** Why a stage failed, in words a person can act on. */

/** A failed stage. */
export interface Fault {
  /** What went wrong and what to do about it. */
  readonly text: string
  /** What the stage was at when it happened: its last progress or log line. */
  readonly doing: string
  /** Last lines it logged or printed. */
  readonly lastLines: readonly string[]
  /** Path of the whole log, with the stack trace. */
  readonly log: string
}

/** How a process ended that did not say why. */
export interface Exit {
  readonly exitCode?: number | undefined
  readonly signal?: string | undefined
  /** Fault of the operating system on starting it. */
  readonly originalMessage?: string | undefined
  readonly hung: boolean
  /** Milliseconds. */
  readonly silence: number
  /** Bytes, zero where unknown. */
  readonly peakMemory: number
  /** Estimate of the plan in bytes. */
  readonly memory: number
}

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`

/** Words for a process that ended without a message. */
export function describeExit(exit: Exit): string {
  const used =
    exit.peakMemory > 0 ? ` after using ${gibibytes(exit.peakMemory)} (estimate ${gibibytes(exit.memory)})` : ''
  if (exit.hung)
    return `The worker gave no sign of life for ${Math.round(exit.silence / 1000)} s and was ended; run again`
  if (exit.signal === 'SIGKILL') {
    return `The worker was killed${used}, most likely because memory ran out; use a smaller batch_size or --jobs 1`
  }
  if (exit.signal !== undefined)
    return `The worker crashed with ${exit.signal}${used}; run again, and look into its log if it repeats`
  if (exit.exitCode === 0) return 'The worker ended without a result; look into its log'
  if (exit.exitCode !== undefined)
    return `The worker exited with code ${exit.exitCode} without saying why; look into its log`
  return `The worker could not be started: ${exit.originalMessage ?? 'no reason given'}`
}
