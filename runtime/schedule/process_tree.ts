/**
 * The process tree of a worker: its granted programs and their descendants, also those that left its process group. A
 * daemon made by `setsid` is in no known group and, once its parent ended, nobody's child. Two marks remain: it inherits
 * an environment variable, and a process that was once seen as a descendant stays one. Linux only, by `/proc`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { ProcessId } from '../store/process.ts'

/** Variable that the programs of a worker inherit; its value is the worker's folder. `guard.cts` spells it itself. */
export const processTreeVariable = 'TERROIR_FAMILY'

/** A process of `/proc`; its start distinguishes it from a later one of the same number. */
interface ProcessEntry {
  readonly pid: number
  readonly start: string
  readonly parent: number
}

/** A process tree as it was last seen; each look adds new descendants. */
export interface ProcessTree {
  /** Members that are alive now. */
  look(): readonly Pick<ProcessId, 'pid'>[]
}

function processes(): ReadonlyMap<number, ProcessEntry> {
  const found = new Map<number, ProcessEntry>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = readText(`/proc/${name}/stat`)
    const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (stat === '' || state === 'Z') continue
    found.set(Number(name), { pid: Number(name), parent: Number(parent), start: rest[17] ?? '' })
  }
  return found
}

/** Empty if the process is gone or belongs to another person. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** The value of the variable in a process; `''` if it has no environment, as while it is replaced by a program. */
function folderOf(pid: number): string | undefined {
  const text = readText(`/proc/${pid}/environ`)
  if (text === '') return ''
  const prefix = `${processTreeVariable}=`
  const entry = text.split('\0').find(one => one.startsWith(prefix))
  return entry?.slice(prefix.length)
}

/** Watches the process tree of a worker by its folder. */
export function watchProcessTree(folder: string): ProcessTree {
  const members = new Map<number, string>()
  /** Processes with another environment; the environment that was inherited never changes. */
  const strangers = new Map<number, string>()

  function carriesMark({ pid, start }: ProcessEntry): boolean {
    if (strangers.get(pid) === start) return false
    const carried = folderOf(pid)
    if (carried !== folder && carried !== '') strangers.set(pid, start)
    return carried === folder
  }

  return {
    look() {
      const present = processes()
      for (const known of [members, strangers])
        for (const [pid, start] of known) if (present.get(pid)?.start !== start) known.delete(pid)
      // Numbers mostly ascend from parent to child. A round that adds no process is the last.
      for (let before = -1; before !== members.size; ) {
        before = members.size
        for (const one of present.values())
          if (!members.has(one.pid) && (members.has(one.parent) || carriesMark(one))) members.set(one.pid, one.start)
      }
      members.delete(process.pid)
      return [...members.keys()].map(pid => ({ pid }))
    },
  }
}

const lookEvery = 20
const endWithin = 10_000

/** Kills a process tree until none of it is left: a process that forks meanwhile is found the next time. */
export async function killProcessTree(tree: ProcessTree): Promise<void> {
  for (let waited = 0; waited < endWithin; waited += lookEvery) {
    const left = tree.look()
    if (left.length === 0) return
    for (const { pid } of left) kill(pid)
    await setTimeout(lookEvery)
  }
}

/** Kills the process tree of every folder for which `isLost` says that its worker has no controller any more. */
export async function killOrphanedTrees(isLost: (folder: string) => Promise<boolean>): Promise<void> {
  if (process.platform !== 'linux') return
  const folders = new Set([...processes().keys()].flatMap(pid => folderOf(pid) || []))
  for (const folder of folders) if (await isLost(folder)) await killProcessTree(watchProcessTree(folder))
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}
