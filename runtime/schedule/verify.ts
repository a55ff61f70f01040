/** Reads every result of a store again, and sets damaged ones aside. */
import { join } from 'node:path'
import { acquireLock } from '../store/locks.ts'
import type { Owner } from '../store/process.ts'
import { listResults, type Result, type Store, storeFolders } from '../store/store.ts'
import { keysInUse } from './clean.ts'

/** The verification of one result. */
export interface Verified {
  readonly key: string
  /** Stage that made it; empty if its manifest is damaged. */
  readonly stage: string
  /** Its faults, one line each. */
  readonly faults: readonly string[]
  /** Its new path; absent if it stayed. */
  readonly movedTo?: string
}

/** Verifies all results and calls `onResult` after each. Damaged ones are set aside unless `keep` says otherwise. */
export async function verifyStore(
  store: Store,
  { keep, onResult }: { readonly keep: boolean; readonly onResult: (result: Verified) => void },
): Promise<{ readonly foreign: readonly string[] }> {
  const { keys, foreign } = await listResults(store)
  for (const key of keys) {
    const faults = await store.verify(key)
    const stage = (await store.read(key))?.manifest.id ?? ''
    const stays = faults.length === 0 || keep || (await keysInUse(store)).has(key)
    onResult({ key, stage, faults, ...(stays ? {} : { movedTo: await store.setAside(key) }) })
  }
  return { foreign: foreign.map(name => join(store.folder, storeFolders.results, name)) }
}

/** A stored result that was damaged and is set aside. */
export interface DamagedResult {
  readonly stage: string
  /** Its faults, one line each. */
  readonly faults: readonly string[]
  readonly movedTo: string
}

/** Stored results to check. */
export interface StoredCheck {
  readonly store: Store
  readonly found: ReadonlyMap<string, Result>
  /** Stages whose results are read whole; of the others only those that were touched after publishing. */
  readonly whole: (stage: string) => boolean
  /** Called before a process is waited for that replaces a damaged result. */
  readonly onWait?: (stage: string, owner: Owner) => void
}

/** Checks the stored results of stages, and sets aside what is damaged, so that it is made anew. */
export async function checkStored(
  stages: readonly { readonly id: string; readonly key: string }[],
  { store, found, whole, onWait }: StoredCheck,
): Promise<readonly DamagedResult[]> {
  const damaged: DamagedResult[] = []
  for (const { id, key } of stages) {
    const result = found.get(id)
    // One that is not found may be damaged, or outdated by what it was made from.
    const isSuspect =
      result === undefined ? store.holds(key) && !(await store.find(key)) : result.isTouched || whole(id)
    const one = isSuspect ? await checkResult(store, { id, key }, owner => onWait?.(id, owner)) : undefined
    if (one !== undefined) damaged.push(one)
  }
  return damaged
}

/** Reads a result whole. Where a living process is about to replace it, that is waited for and the new one read. */
export async function checkResult(
  store: Store,
  { id, key }: { readonly id: string; readonly key: string },
  onWait: (owner: Owner) => void = () => undefined,
): Promise<DamagedResult | undefined> {
  const faults = await store.verify(key)
  if (faults.length === 0) {
    if ((await store.find(key))?.isTouched) await store.recordSound(key)
    return undefined
  }
  await store.prepare()
  const lock = await acquireLock(store.folder, key, { onWait })
  if (lock === undefined) return undefined
  try {
    if ((await store.verify(key)).length === 0) return undefined
    return { stage: id, faults, movedTo: await store.setAside(key) }
  } finally {
    await lock.release()
  }
}

/** A sentence on a damaged result. */
export const damageText = ({ stage, faults: [first = ''], movedTo }: DamagedResult): string =>
  `The stored result of '${stage}' is damaged: ${first}; it was set aside as ${movedTo}`
