/**
 * The processes that a worker's granted programs have become, also those that left its process group: a daemon made
 * by `setsid` is nobody's group and, once its parent ended, nobody's child. Two things still tell them: they inherit
 * an environment variable, and who was seen as a child of the family once stays one of it. Linux only, by `/proc`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { ProcessId } from '../store/process.ts'

/** Variable that a worker with granted programs hands down; its value is the worker's folder. The guard spells it itself. */
export const processTreeVariable = 'TERROIR_FAMILY'

/** A process of `/proc`; its start tells it from a later one of the same number. */
interface ProcessEntry {
  readonly pid: number
  readonly start: string
  readonly parent: number
}

/** A family as it was last seen; each look adds what joined it. */
export interface ProcessTree {
  /** Members that live now. */
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

/** Empty where the process is gone or another person's. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** The folder that a process carries in the family's variable; `''` where it has no environment, as while it is replaced by a program. */
function folderOf(pid: number): string | undefined {
  const text = readText(`/proc/${pid}/environ`)
  if (text === '') return ''
  const prefix = `${processTreeVariable}=`
  const entry = text.split('\0').find(one => one.startsWith(prefix))
  return entry?.slice(prefix.length)
}

/** Watches the family of a worker by its folder. */
export function watchProcessTree(folder: string): ProcessTree {
  const members = new Map<number, string>()
  /** Processes whose environment is another's; the environment that was inherited never changes. */
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
      // Parents before children, as far as numbers tell; a round that adds nobody is the last.
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

/** Kills a family until nobody of it is left: who forks meanwhile is found the next time. */
export async function killProcessTree(family: ProcessTree): Promise<void> {
  for (let waited = 0; waited < endWithin; waited += lookEvery) {
    const left = family.look()
    if (left.length === 0) return
    for (const { pid } of left) kill(pid)
    await setTimeout(lookEvery)
  }
}

/** Kills every process that carries a folder of which `isLost` says that its worker is nobody's any more. */
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
