/** Owners of locks and folders: a process on a machine, distinguished from a later one of the same number by its start. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** A process on this machine. */
export interface ProcessId {
  readonly pid: number
  /** Its start time and the boot of the machine: only compared for equality. */
  readonly start: string
}

/** A process, and the machine or container on which its number means something. */
export interface Owner extends ProcessId {
  readonly host: string
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}

/** Numbers and start times begin anew with each boot. */
const boot = process.platform === 'linux' ? `-${read('/proc/sys/kernel/random/boot_id').slice(0, 8)}` : ''

/** Start of a living process; `undefined` if none has this number. */
export function processStart(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      // The second field is the program's name in brackets and may itself hold spaces and brackets.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return fields[0] === 'Z' ? undefined : `${fields[19]}${boot}`
    }
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
    return started.trim().replaceAll(/[^A-Za-z0-9]+/g, '-') || undefined
  } catch {
    return undefined
  }
}

/** Containers of one machine may share its name, but not the numbers of their processes. */
function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

const host = `${hostname().replaceAll(/[^A-Za-z0-9-]+/g, '-')}-${createHash('sha256')
  .update(`${read('/etc/machine-id')} ${namespace()}`)
  .digest('hex')
  .slice(0, 8)}`

const self: Owner = { pid: process.pid, start: processStart(process.pid) ?? 'unknown', host }

/** This process. */
export const thisProcess = (): Owner => self

/** True while this very process is alive, not one that inherited its number. */
export const isAlive = (owner: ProcessId): boolean => processStart(owner.pid) === owner.start

/** True if the process is one of this machine, so that `isAlive` works for it. */
export const isLocal = (owner: Owner): boolean => owner.host === host

/** The process that makes a result which another waits for, in words. */
export const waitingText = (owner: Owner): string =>
  `for process ${owner.pid}${isLocal(owner) ? '' : ` on ${owner.host}`}, which makes the same result`

/** An owner as a part of file names: `HOST.PID.START`. */
export const ownerText = ({ host, pid, start }: Owner): string => `${host}.${pid}.${start}`

/** Reads the owner at the start of a text; `undefined` if there is none. */
export function parseOwner(text: string): Owner | undefined {
  const [host, pid = '', start] = text.split('.')
  return host && /^\d+$/.test(pid) && start ? { host, pid: Number(pid), start } : undefined
}
