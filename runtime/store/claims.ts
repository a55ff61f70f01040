/**
 * Claims: who works on what, so that no two processes make the same result at the same time.
 *
 * A claim is a folder `claims/NAME` that holds one file, named after its owner. Taking one renames a folder that
 * holds this file already onto it, which succeeds exactly where `claims/NAME` is absent or empty. The file of a dead
 * owner is deleted by its own name, which can hit nobody else's, so a dead owner blocks nothing, and of any number
 * of processes that take over from it one succeeds. Results stay sound without claims: they only save work.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rename, rm, rmdir, unlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { codeOf } from './files.ts'
import { lives } from './presence.ts'
import { isLocal, type Owner, ownerText, parseOwner, thisProcess } from './process.ts'
import { ownedPath } from './staging.ts'

/** Folder of claims inside a store. */
export const claimFolder = (root: string): string => join(root, 'claims')

/** Something this process works on alone. */
export interface Claim {
  release(): Promise<void>
}

/** How a claim is taken. */
export interface ClaimOptions {
  /** Ends the wait. */
  readonly signal?: AbortSignal
  /** Called once for each living owner that is waited for. */
  readonly onWait?: (owner: Owner) => Promise<void> | void
  /** Called, with the claim held, where its last owner died: the place to end what that one started. */
  readonly onTakeover?: () => Promise<unknown>
}

const firstWait = 50
const longestWait = 1000
/** Whether a process of another machine is alive costs writing to the store. */
const foreignWait = 5000

/** Takes a claim, and waits while a living process holds it. `undefined` where the signal ended the wait. */
export async function takeClaim(root: string, name: string, options: ClaimOptions = {}): Promise<Claim | undefined> {
  const { signal, onWait, onTakeover } = options
  const claim = join(claimFolder(root), name)
  const file = `${ownerText(thisProcess())}.${randomBytes(4).toString('hex')}`
  const aside = ownedPath(root, 'claim')
  await mkdir(aside)
  await writeFile(join(aside, file), '')
  let told = ''
  let wait = firstWait
  let tookOver = false
  const held: Claim = { release: () => release(claim, file) }
  try {
    while (!signal?.aborted) {
      if (await moved(aside, claim)) {
        if (tookOver) await onTakeover?.()
        return held
      }
      const holder = await holderOf(root, claim)
      if (holder.kind === 'none') continue
      if (holder.kind === 'dead') {
        tookOver = true
        await unlink(join(claim, holder.file)).catch(gone)
        continue
      }
      if (told !== holder.file) await onWait?.(holder.owner)
      told = holder.file
      await setTimeout(isLocal(holder.owner) ? wait : foreignWait, undefined, { signal }).catch(() => undefined)
      wait = Math.min(longestWait, wait * 1.5)
    }
    return undefined
  } catch (error) {
    await held.release().catch(() => undefined)
    throw error
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

type Holder =
  | { readonly kind: 'none' }
  | { readonly kind: 'dead'; readonly file: string }
  | { readonly kind: 'living'; readonly file: string; readonly owner: Owner }

async function holderOf(root: string, claim: string): Promise<Holder> {
  const [file] = (await readdir(claim).catch(gone)) ?? []
  if (file === undefined) return { kind: 'none' }
  const owner = parseOwner(file)
  if (owner === undefined) throw new Error(`"${join(claim, file)}" is in the way of a claim; remove it and run again`)
  return (await lives(root, owner)) ? { kind: 'living', file, owner } : { kind: 'dead', file }
}

/** Renames a folder onto another; false where that one is not empty. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to)
    return true
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(error))) return false
    throw error
  }
}

async function release(claim: string, file: string): Promise<void> {
  await unlink(join(claim, file)).catch(gone)
  await removeEmpty(claim)
}

/** Another process may have moved in already; what was about to moves in all the same. */
const removeEmpty = (claim: string): Promise<void> =>
  rmdir(claim).catch(error => (['ENOTEMPTY', 'EEXIST'].includes(codeOf(error)) ? undefined : gone(error)))

/** Takes a claim where nobody alive holds it. */
export async function takeFreeClaim(root: string, name: string): Promise<Claim | undefined> {
  const stop = new AbortController()
  return takeClaim(root, name, { signal: stop.signal, onWait: () => stop.abort() })
}

/** Gives back what dead processes hold, and what they let go of half; what they started must have ended. */
export async function dropDeadClaims(root: string): Promise<void> {
  for (const name of (await readdir(claimFolder(root)).catch(gone)) ?? []) {
    const claim = join(claimFolder(root), name)
    const holder = await holderOf(root, claim)
    if (holder.kind === 'dead') await release(claim, holder.file)
    if (holder.kind === 'none') await removeEmpty(claim)
  }
}

/** Keys and names that living processes work on. */
export async function heldClaims(root: string): Promise<readonly string[]> {
  const names = (await readdir(claimFolder(root)).catch(gone)) ?? []
  const holders = await Promise.all(names.map(name => holderOf(root, join(claimFolder(root), name))))
  return names.filter((_, index) => holders[index]?.kind === 'living').map(name => basename(name))
}

function gone(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error
}
