/** Failures of stages, in words that a person can act on. */
import type { Json } from '../../dsl/compile/plan.ts'
import { isOutOfMemory } from '../engine/out_of_memory.ts'
import type { FaultReport } from './fault_report.ts'

/** The fault of a failed stage. */
export interface StageFault extends FaultReport {
  /** The last progress or log line of the stage. */
  readonly doing: string
  /** Last lines it logged or printed. */
  readonly lastLines: readonly string[]
  /** Path of the whole log. */
  readonly log: string
  /** The stack of the error, and those of its causes; absent if the process ended without a message. */
  readonly stack?: string
  /** True if the same may work at another time: a network that did not answer. @default false */
  readonly transient?: boolean
}

/** The reason for which the controller ended a worker. */
export type Ending =
  /** No sign of life for that many milliseconds. */
  | { readonly kind: 'hung'; readonly silence: number }
  /** It took longer than that many milliseconds. */
  | { readonly kind: 'late'; readonly limit: number }

/** The memory that a stage used, and its parameters. */
export interface MemoryUse {
  /** Bytes, zero if unknown. */
  readonly peak: number
  /** Estimate of the plan in bytes. */
  readonly estimate: number
  /** Parameters of the stage: those that cost memory are named. */
  readonly params: { readonly [name: string]: Json }
}

/** The end of a process that gave no reason. */
export interface Exit extends MemoryUse {
  readonly exitCode?: number | undefined
  readonly signal?: string | undefined
  /** Fault of the operating system on starting it. */
  readonly originalMessage?: string | undefined
  /** Present if the controller ended it. */
  readonly ending?: Ending | undefined
  readonly lastLines: readonly string[]
}

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`

/** Parameters that cost memory, in the order in which lowering them costs quality least. */
const costly = ['batch_size', 'tile_size', 'vocab_size'] as const

/** Words for a stage that ran out of memory: the peak, the estimate and the parameter to lower. */
export function memoryText({ peak, estimate, params }: MemoryUse, said = ''): string {
  const used = peak > 0 ? ` after ${gibibytes(peak)} (estimate ${gibibytes(estimate)})` : ''
  const lower = costly.find(name => typeof params[name] === 'number')
  const advice = lower === undefined ? 'run' : `lower ${lower} (now ${params[lower]}), or run`
  return `Memory ran out${used}; ${advice} fewer stages at a time with --jobs 1${said === '' ? '' : ` (${said})`}`
}

/** Describes the end of a process that gave no reason. A crash is a defect; an end by the system or the controller is none. */
export function describeExit(exit: Exit): FaultReport {
  const { exitCode, signal, ending, peak, estimate } = exit
  switch (ending?.kind) {
    case 'hung':
      return ofUser(
        `The worker gave no sign of life for ${Math.round(ending.silence / 1000)} s and was ended; look into its log for its last step`,
      )
    case 'late':
      return ofUser(
        `The stage took longer than ${Math.round(ending.limit / 1000)} s, the --timeout of this run; allow more, training goes on from its last checkpoint`,
      )
  }
  // A shell reports a child that was killed by SIGKILL as 137.
  if (signal === 'SIGKILL' || exitCode === 137)
    return ofUser(`The worker was killed, as the operating system does when memory runs out. ${memoryText(exit)}`)
  if (exit.lastLines.some(isOutOfMemory)) return ofUser(memoryText(exit))
  const used = peak > 0 ? ` after using ${gibibytes(peak)} (estimate ${gibibytes(estimate)})` : ''
  if (signal !== undefined) return ofTerroir(`The worker crashed with ${signal}${used}; look into its log`)
  if (exitCode === 0) return ofTerroir('The worker ended without a result; look into its log')
  if (exitCode !== undefined)
    return ofTerroir(`The worker exited with code ${exitCode} without saying why; look into its log`)
  return ofUser(`The worker could not be started: ${exit.originalMessage ?? 'no reason given'}`)
}

const ofUser = (text: string): FaultReport => ({ text, class: 'user' })

const ofTerroir = (text: string): FaultReport => ({ text, class: 'defect' })

/** Codes of faults that pass: a network that does not answer, a machine that has no process or file to spare. */
const passing: readonly string[] = [
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'EAI_AGAIN',
  'EAGAIN',
  'EMFILE',
  'ENFILE',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_SOCKET',
]

/** True if a fault, or a cause of it, is marked `transient: true` or has a code of one that passes. */
export function isTransient(fault: unknown): boolean {
  for (let at = fault, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) {
    if ('transient' in at && at.transient === true) return true
    if ('code' in at && passing.includes(String(at.code))) return true
  }
  return false
}
