/**
 * Heartbeats of processes that use a store. On this machine the operating system says which processes are alive.
 * Processes of other machines that share the folder write a file `alive/OWNER.RANDOM` in the store every 20 seconds.
 */
import { randomBytes } from 'node:crypto'
import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive, isLocal, type Owner, ownerText, parseOwner, thisProcess } from './process.ts'

/** Folder of heartbeats in a store. */
export const heartbeatFolder = 'alive'
const beatEvery = 20_000
/** The lease: milliseconds without a beat after which a process of another machine counts as dead. */
const lease = 300_000

/** The content does not matter: the file server stamps the time, so that clocks need not agree. */
const beat = async (handle: FileHandle): Promise<unknown> => handle.write('\n', 0)

async function openOwn(root: string): Promise<{ readonly handle: FileHandle; close(): Promise<void> }> {
  const path = join(root, heartbeatFolder, `${ownerText(thisProcess())}.${randomBytes(4).toString('hex')}`)
  const handle = await open(path, 'wx')
  return {
    handle,
    async close() {
      await handle.close()
      await rm(path, { force: true })
    },
  }
}

/** Writes the heartbeat of this process until the returned function is called. */
export async function startHeartbeat(root: string): Promise<() => Promise<void>> {
  const { handle, close } = await openOwn(root)
  const timer = setInterval(() => void beat(handle).catch(() => undefined), beatEvery).unref()
  return () => {
    clearInterval(timer)
    return close()
  }
}

/** True unless the process is known to be gone. */
export async function isOwnerAlive(root: string, owner: Owner): Promise<boolean> {
  if (isLocal(owner)) return isAlive(owner)
  const names = await readdir(join(root, heartbeatFolder)).catch(() => [])
  const beats = names.filter(name => name.startsWith(`${ownerText(owner)}.`))
  if (beats.length === 0) return false
  const now = await fileTime(root)
  const times = await Promise.all(beats.map(name => stat(join(root, heartbeatFolder, name)).catch(() => undefined)))
  return times.some(found => found !== undefined && now - found.mtimeMs < lease)
}

/** The clock of the file system, in milliseconds. */
async function fileTime(root: string): Promise<number> {
  const { handle, close } = await openOwn(root)
  try {
    await beat(handle)
    return (await handle.stat()).mtimeMs
  } finally {
    await close()
  }
}

/** Removes the heartbeats of processes that are gone. */
export async function removeDeadHeartbeats(root: string): Promise<void> {
  for (const name of await readdir(join(root, heartbeatFolder)).catch(() => [])) {
    const owner = parseOwner(name)
    if (owner !== undefined && !(await isOwnerAlive(root, owner)))
      await rm(join(root, heartbeatFolder, name), { force: true })
  }
}
