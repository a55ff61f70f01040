/** Flags of `terroir run`, and readers of their values. */
import { InvalidArgumentError } from 'commander'
import type { Allowed } from '../schedule/grants.ts'

/** Flags of `terroir run`. */
export interface RunFlags extends Allowed {
  readonly set?: readonly string[]
  readonly engine?: string
  readonly force?: readonly string[]
  readonly until?: string
  readonly only?: string
  readonly jobs?: number
  readonly slots?: number
  /** Milliseconds. */
  readonly timeout?: number
  readonly retryFailed?: true
  readonly keepGoing?: true
  readonly strict?: true
  readonly executor?: 'local' | 'slurm'
  readonly sbatch?: readonly string[]
  readonly dryRun?: true
  readonly locked?: true
  readonly verify?: true
  readonly store?: string
  readonly json?: true
  readonly debug?: true
}

/** Reads a count from 1 to 9999. */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Expected a whole number from 1 on')
  return Number(text)
}

/** Several names may be given at once, with commas between them. */
export const collectNames = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...value.split(','),
]

const secondsOf: { readonly [unit: string]: number } = { s: 1, m: 60, h: 3600 }

/** Reads a duration, in milliseconds. */
export function duration(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([smh])$/.exec(text) ?? []
  const milliseconds = Number(digits) * (secondsOf[unit] ?? Number.NaN) * 1000
  if (milliseconds > 0) return milliseconds
  throw new InvalidArgumentError('Expected a number and a unit: 90s, 30m, 12h')
}
