/**
 * Who is alive. On this machine the operating system tells. Processes of other machines that share the folder are
 * known by a file `alive/OWNER.RANDOM` in the store, which each rewrites while it lives.
 */
import { randomBytes } from 'node:crypto'
import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive, isLocal, type Owner, ownerText, parseOwner, thisProcess } from './process.ts'

/** Folder of the signs of life inside a store. */
export const aliveFolder = 'alive'
const beatEvery = 20_000
/** Milliseconds without a beat after which a process of another machine counts as dead. */
const silence = 300_000

/** What is written matters to nobody: the file server stamps the time, so that clocks need not agree. */
const beat = async (handle: FileHandle): Promise<unknown> => handle.write('\n', 0)

async function openOwn(root: string): Promise<{ readonly handle: FileHandle; close(): Promise<void> }> {
  const path = join(root, aliveFolder, `${ownerText(thisProcess())}.${randomBytes(4).toString('hex')}`)
  const handle = await open(path, 'wx')
  return {
    handle,
    async close() {
      await handle.close()
      await rm(path, { force: true })
    },
  }
}

/** Says that this process uses the store, until the returned function is called. */
export async function announce(root: string): Promise<() => Promise<void>> {
  const { handle, close } = await openOwn(root)
  const timer = setInterval(() => void beat(handle).catch(() => undefined), beatEvery).unref()
  return () => {
    clearInterval(timer)
    return close()
  }
}

/** True unless the process is known to be gone. */
export async function lives(root: string, owner: Owner): Promise<boolean> {
  if (isLocal(owner)) return isAlive(owner)
  const names = await readdir(join(root, aliveFolder)).catch(() => [])
  const beats = names.filter(name => name.startsWith(`${ownerText(owner)}.`))
  if (beats.length === 0) return false
  const now = await fileTime(root)
  const times = await Promise.all(beats.map(name => stat(join(root, aliveFolder, name)).catch(() => undefined)))
  return times.some(found => found !== undefined && now - found.mtimeMs < silence)
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

/** Removes the files of processes that are gone. */
export async function forgetDead(root: string): Promise<void> {
  for (const name of await readdir(join(root, aliveFolder)).catch(() => [])) {
    const owner = parseOwner(name)
    if (owner !== undefined && !(await lives(root, owner))) await rm(join(root, aliveFolder, name), { force: true })
  }
}
