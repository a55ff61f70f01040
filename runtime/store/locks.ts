/**
 * Locks between processes, so that no two processes make the same result at the same time.
 *
 * A lock is a folder `claims/NAME` that holds one file, named after its owner. A process acquires it by renaming a
 * folder that contains this file already onto it, which succeeds exactly if `claims/NAME` is absent or empty. The file
 * of a dead owner is deleted by its own name, which is nobody else's, so a dead owner blocks nothing, and of several
 * processes that take over from it one succeeds. Results stay sound without locks: locks only save work. The folder's
 * name is older than this module; stores of earlier versions have it.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rename, rm, rmdir, unlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { codeOf } from './files.ts'
import { isOwnerAlive } from './heartbeat.ts'
import { isLocal, type Owner, ownerText, parseOwner, thisProcess } from './process.ts'
import { ownedPath } from './staging.ts'

/** Folder of locks in a store. */
export const lockFolder = (root: string): string => join(root, 'claims')

/** A lock that this process owns. */
export interface StoreLock {
  release(): Promise<void>
}

/** Options of acquiring a lock. */
export interface LockOptions {
  /** Ends the wait. */
  readonly signal?: AbortSignal
  /** Called once for each living owner that is waited for. */
  readonly onWait?: (owner: Owner) => Promise<void> | void
  /** Called with the lock acquired if its last owner died: the place to end the processes which that owner started. */
  readonly onTakeover?: () => Promise<unknown>
}

const firstWait = 50
const longestWait = 1000
/** Finding out if a process of another machine is alive costs a write to the store. */
const foreignWait = 5000

/** Acquires a lock, and waits while a living process owns it. `undefined` if the signal ended the wait. */
export async function acquireLock(
  root: string,
  name: string,
  options: LockOptions = {},
): Promise<StoreLock | undefined> {
  const { signal, onWait, onTakeover } = options
  const lock = join(lockFolder(root), name)
  const file = `${ownerText(thisProcess())}.${randomBytes(4).toString('hex')}`
  const aside = ownedPath(root, 'claim')
  await mkdir(aside)
  await writeFile(join(aside, file), '')
  let reported = ''
  let wait = firstWait
  let tookOver = false
  const acquired: StoreLock = { release: () => release(lock, file) }
  try {
    while (!signal?.aborted) {
      if (await renameOnto(aside, lock)) {
        if (tookOver) await onTakeover?.()
        return acquired
      }
      const holder = await holderOf(root, lock)
      if (holder.kind === 'none') continue
      if (holder.kind === 'dead') {
        tookOver = true
        await unlink(join(lock, holder.file)).catch(ignoreAbsent)
        continue
      }
      if (reported !== holder.file) await onWait?.(holder.owner)
      reported = holder.file
      await setTimeout(isLocal(holder.owner) ? wait : foreignWait, undefined, { signal }).catch(() => undefined)
      wait = Math.min(longestWait, wait * 1.5)
    }
    return undefined
  } catch (error) {
    await acquired.release().catch(() => undefined)
    throw error
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

type LockHolder =
  | { readonly kind: 'none' }
  | { readonly kind: 'dead'; readonly file: string }
  | { readonly kind: 'living'; readonly file: string; readonly owner: Owner }

async function holderOf(root: string, lock: string): Promise<LockHolder> {
  const [file] = (await readdir(lock).catch(ignoreAbsent)) ?? []
  if (file === undefined) return { kind: 'none' }
  const owner = parseOwner(file)
  if (owner === undefined)
    throw new UserFault(`"${join(lock, file)}" is no lock of terroir, and stands where one belongs`, {
      hint: 'remove it',
    })
  return (await isOwnerAlive(root, owner)) ? { kind: 'living', file, owner } : { kind: 'dead', file }
}

/** Renames a folder onto another; false if that one is not empty. */
async function renameOnto(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to)
    return true
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(error))) return false
    throw error
  }
}

async function release(lock: string, file: string): Promise<void> {
  await unlink(join(lock, file)).catch(ignoreAbsent)
  await removeEmpty(lock)
}

/** Another process may have acquired the lock meanwhile, or may be about to; either keeps it. */
const removeEmpty = (lock: string): Promise<void> =>
  rmdir(lock).catch(error => (['ENOTEMPTY', 'EEXIST'].includes(codeOf(error)) ? undefined : ignoreAbsent(error)))

/** Acquires a lock if no living process owns it. */
export async function tryAcquireLock(root: string, name: string): Promise<StoreLock | undefined> {
  const stop = new AbortController()
  return acquireLock(root, name, { signal: stop.signal, onWait: () => stop.abort() })
}

/** Releases the locks of dead processes, and removes empty ones; their child processes must have ended. */
export async function releaseDeadLocks(root: string): Promise<void> {
  for (const name of (await readdir(lockFolder(root)).catch(ignoreAbsent)) ?? []) {
    const lock = join(lockFolder(root), name)
    const holder = await holderOf(root, lock)
    if (holder.kind === 'dead') await release(lock, holder.file)
    if (holder.kind === 'none') await removeEmpty(lock)
  }
}

/** Names of the locks that living processes own; a stage's lock is named by its key. */
export async function heldLocks(root: string): Promise<readonly string[]> {
  const names = (await readdir(lockFolder(root)).catch(ignoreAbsent)) ?? []
  const holders = await Promise.all(names.map(name => holderOf(root, join(lockFolder(root), name))))
  return names.filter((_, index) => holders[index]?.kind === 'living').map(name => basename(name))
}

function ignoreAbsent(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error
}
