/** Reads every result of a store again, and sets damaged ones aside. */
import { join } from 'node:path'
import { listResults, type Store, storeFolders } from '../store/store.ts'
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
