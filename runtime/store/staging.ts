/** Staging folders: where a stage writes before its result is published. The name tells the owner. */
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { isAlive, type ProcessId, thisProcess } from './process.ts'

/** A host's name as one part of a folder name. */
const host = (): string => hostname().replaceAll(/[^A-Za-z0-9-]+/g, '-')

/** Makes a fresh folder `LABEL.HOST.PID.START.RANDOM`, owned by this process. */
export async function makeOwnedFolder(parent: string, label: string): Promise<string> {
  const { pid, start } = thisProcess()
  const folder = join(parent, `${label}.${host()}.${pid}.${start}.${randomBytes(4).toString('hex')}`)
  await mkdir(folder, { recursive: true })
  return folder
}

function ownerOf(name: string): ProcessId | undefined {
  const [, madeOn, pid, start] = name.split('.')
  return madeOn === host() && start !== undefined ? { pid: Number(pid), start } : undefined
}

/** Removes the folders whose owner on this machine is dead, and returns their names; others are left alone. */
export async function removeStale(parent: string): Promise<readonly string[]> {
  const names = await readdir(parent).catch(() => [])
  const stale = names.filter(name => {
    const owner = ownerOf(name)
    return owner !== undefined && !isAlive(owner)
  })
  await Promise.all(stale.map(name => rm(join(parent, name), { recursive: true, force: true })))
  return stale
}
