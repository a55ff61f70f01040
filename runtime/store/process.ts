/** Who owns something: a process, told from a later one of the same number by its start time. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A process on this machine. */
export interface ProcessId {
  readonly pid: number
  /** When it started, in the unit of the operating system: only compared for equality. */
  readonly start: string
}

/** Start of a living process; `undefined` where none has this number. */
export function processStart(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      // The second field is the program's name in brackets and may itself hold spaces and brackets.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return fields[0] === 'Z' ? undefined : fields[19]
    }
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
    return started.trim().replaceAll(/[^A-Za-z0-9]+/g, '-') || undefined
  } catch {
    return undefined
  }
}

/** This process. */
export const thisProcess = (): ProcessId => ({ pid: process.pid, start: processStart(process.pid) ?? 'unknown' })

/** True while the very process lives, not one that inherited its number. */
export const isAlive = (owner: ProcessId): boolean => processStart(owner.pid) === owner.start
