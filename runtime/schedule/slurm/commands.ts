/** Slurm's programs: calls and answers. Nothing here decides anything. */
import { userInfo } from 'node:os'
import { execa } from 'execa'
import { UserFault } from '../../../dsl/diagnostics/faults.ts'
import { type JobPhase, phaseOf } from './states.ts'

/** A job as `squeue` shows it. */
export interface QueuedJob {
  /** `12`, or `12_3` for a task of an array. */
  readonly id: string
  readonly phase: JobPhase
  /** The state as Slurm names it. */
  readonly state: string
  readonly name: string
  readonly comment: string
  /** Such as `1-00:00:00` or `UNLIMITED`. */
  readonly timeLimit: string
  /** Memory it asked for, such as `4G`. */
  readonly memory: string
  /** The reason for which it waits, such as `Resources`; `None` if nothing is known. */
  readonly reason: string
}

/** The answer of a program, or the reason for its silence; silence says nothing about the jobs. */
export type Answer<T> =
  | { readonly kind: 'answer'; readonly value: T }
  | { readonly kind: 'silent'; readonly why: string }

/** The result of a submission. After `unclear` the job may be there or not: look before trying again. */
export type Submission =
  | { readonly kind: 'accepted'; readonly job: string }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unclear'; readonly why: string }

/** Milliseconds after which a program of Slurm counts as silent. */
const timeout = 60_000

/** Variables of sbatch that choose where jobs run; others of its variables would change options that terroir relies on. */
const kept = ['PARTITION', 'ACCOUNT', 'QOS', 'TIMELIMIT', 'RESERVATION', 'CONSTRAINT'].map(name => `SBATCH_${name}`)

const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(SBATCH|SQUEUE|SACCT|SINFO)_/.test(name) || kept.includes(name)),
  )

interface SlurmCall {
  readonly ok: boolean
  readonly output: string
  /** Its complaint, in one line. */
  readonly complaint: string
}

async function call(program: string, args: readonly string[]): Promise<SlurmCall> {
  const ended = await execa(program, args, { reject: false, timeout, extendEnv: false, env: environment() })
  if (ended.code === 'ENOENT') {
    throw new UserFault(`There is no ${program} on the PATH`, {
      hint: 'run on a login node of the cluster, or without --executor slurm',
      place: '--executor',
    })
  }
  const complaint = ended.timedOut ? `${program} gave no answer for ${timeout / 1000} s` : inOneLine(ended.stderr)
  return { ok: !ended.failed, output: ended.stdout, complaint: complaint || `${program} failed without a word` }
}

const inOneLine = (text: string): string =>
  [...new Set(text.split('\n').map(line => line.replace(/^\w+: (error|fatal): /, '').trim()))]
    .filter(line => line !== '')
    .join('; ')

/** All jobs of this user that Slurm still knows, in one call. Throws a `UserFault` if there is no `squeue`. */
export async function askQueue(): Promise<Answer<readonly QueuedJob[]>> {
  const format = ['%i', '%T', '%l', '%m', '%j', '%k', '%r'].join('|')
  const args = ['--noheader', `--user=${userInfo().username}`, '--states=all', '--array', `--format=${format}`]
  const { ok, output, complaint } = await call('squeue', args)
  return ok ? { kind: 'answer', value: parseQueue(output) } : { kind: 'silent', why: complaint }
}

/** Reads the table of `askQueue`. */
export function parseQueue(table: string): readonly QueuedJob[] {
  return table.split('\n').flatMap(line => {
    const [id = '', state = '', timeLimit = '', memory = '', name = '', comment = '', ...rest] = line.trim().split('|')
    const reason = rest.join('|').replace(/^\((.*)\)$/, '$1')
    return /^\d+(_\d+)?$/.test(id)
      ? [{ id, phase: phaseOf(state), state, timeLimit, memory, name, comment, reason }]
      : []
  })
}

/** The state of a job in the accounting, such as `OUT_OF_MEMORY`; `undefined` if there is none. */
export async function askAccounting(job: string): Promise<string | undefined> {
  try {
    const args = ['--noheader', '--allocations', '--parsable2', '--format=State', `--jobs=${job}`]
    const { ok, output } = await call('sacct', args)
    // A job that was requeued has a line for each attempt, the latest last.
    return (ok && output.trim().split('\n').at(-1)?.trim()) || undefined
  } catch {
    return undefined
  }
}

/** Faults of the way to the controller, after which the job may have been submitted all the same. */
const unclear =
  /unable to contact|timed out|no answer|temporarily unable|connection|communication|try again|without a word/i

/** Submits a script. Throws a `UserFault` if there is no `sbatch`. */
export async function submit(script: string, args: readonly string[]): Promise<Submission> {
  const { ok, output, complaint } = await call('sbatch', ['--parsable', ...args, script])
  const job = /^\d+/m.exec(output)?.[0]
  if (job !== undefined) return { kind: 'accepted', job }
  return { kind: !ok && !unclear.test(complaint) ? 'refused' : 'unclear', why: complaint }
}

/** Ends jobs; with `waiting` only those that have not started. What fails here shows in the queue. */
export async function cancel(jobs: readonly string[], { waiting = false } = {}): Promise<void> {
  if (jobs.length > 0) await call('scancel', [...(waiting ? ['--state=PENDING'] : []), ...jobs])
}

/** Names of the partitions; empty if Slurm gives no answer. */
export async function askPartitions(): Promise<readonly string[]> {
  const { ok, output } = await call('sinfo', ['--noheader', '--format=%R']).catch(() => ({ ok: false, output: '' }))
  return ok ? [...new Set(output.split('\n').filter(line => line !== ''))] : []
}
