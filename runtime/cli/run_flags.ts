/** What `terroir run` takes. */
import { InvalidArgumentError } from 'commander'
import type { Allowed } from '../schedule/grants.ts'
import type { ExecutorFlags } from './slurm.ts'

/** What `terroir run` was given. */
export interface Flags extends Allowed, ExecutorFlags {
  readonly set?: readonly string[]
  readonly engine?: string
  readonly force?: readonly string[]
  readonly until?: string
  readonly keepGoing?: true
  readonly store?: string
  readonly json?: true
  readonly strict?: true
  readonly only?: string
  readonly slots?: number
  /** Milliseconds. */
  readonly timeout?: number
  readonly locked?: true
  readonly retryFailed?: true
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
