/** Staging folders: a stage writes into one before its result is published. The name contains the owner. */
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isOwnerAlive } from './heartbeat.ts'
import { ownerText, parseOwner, thisProcess } from './process.ts'

/** Folder of staging folders in a store. */
export const stagingFolder = (root: string): string => join(root, 'staging')

/** A fresh path `LABEL.OWNER.RANDOM` in the staging folder; it is removed once this process is dead. */
export const ownedPath = (root: string, label: string): string =>
  join(stagingFolder(root), `${label}.${ownerText(thisProcess())}.${randomBytes(4).toString('hex')}`)

/** Makes a fresh folder owned by this process. */
export async function makeOwnedFolder(root: string, label: string): Promise<string> {
  const folder = ownedPath(root, label)
  await mkdir(folder)
  return folder
}

/**
 * Removes everything in the staging folder that belongs to dead processes, and returns the names. The rest stays, as
 * does a path that cannot be removed.
 */
export async function removeStale(root: string): Promise<readonly string[]> {
  const names = await readdir(stagingFolder(root)).catch(() => [])
  const stale: string[] = []
  for (const name of names) {
    const owner = parseOwner(name.slice(name.indexOf('.') + 1))
    if (owner !== undefined && !(await isOwnerAlive(root, owner))) stale.push(name)
  }
  const options = { recursive: true, force: true, maxRetries: 3 }
  await Promise.allSettled(stale.map(name => rm(join(stagingFolder(root), name), options)))
  return stale
}
