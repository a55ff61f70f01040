/** Removal of results that nothing reaches, and verification of those that are stored. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { removeUnneeded, type Survey, type SurveyOptions, survey } from '../schedule/clean.ts'
import { type Verified, verifyStore } from '../schedule/verify.ts'
import { checkLayout } from '../store/prepare.ts'
import { openStore, type Store, storeFolder, storeFolders } from '../store/store.ts'
import type { StoreFolderOption } from './plan.ts'
import { reachableKeys } from './reachable.ts'
import { dropVariants } from './variants.ts'

/** Contents of a store, by use, and the locks and recipes that reach them. */
export interface StoreSurvey extends Survey {
  /** Paths of the locks that were read. */
  readonly locks: readonly string[]
  /** Paths of the recipes that count. */
  readonly recipes: readonly string[]
}

/** Options of {@link clean}. */
export interface CleanOptions extends StoreFolderOption {
  /** Folder that is searched for locks, and whose repository is. @default the current folder */
  readonly project?: string | undefined
  /** Days in which whatever was made stays. @default 0 */
  readonly keepDays?: number | undefined
  /** Forgets the records of runs with `--set`, so that nothing keeps their results. @default false */
  readonly dropVariants?: boolean | undefined
  /** Called with what can go, before anything is removed; only `true` removes it. @default removes it */
  readonly confirm?: ((survey: StoreSurvey) => Promise<boolean> | boolean) | undefined
}

/** A store after cleaning. */
export interface CleanResult {
  /** Absolute path of the store. */
  readonly store: string
  /** Contents before anything was removed; absent where there is no store. */
  readonly survey?: StoreSurvey
  /** Bytes that were removed; absent where nothing was. */
  readonly removedBytes?: number
}

const day = 86_400_000

/**
 * Removes results that no lock, no recipe and no run reaches, checkpoints of such, damaged results that were set aside,
 * and logs of past runs. Runs may go on meanwhile.
 */
export async function clean(options: CleanOptions = {}): Promise<CleanResult> {
  const { project = process.cwd(), keepDays = 0, dropVariants: drops = false, confirm = () => true } = options
  const store = await existingStore(options)
  const folder = storeFolder(options.store)
  if (store === undefined) return { store: folder }
  const keepSince = keepDays === 0 ? Number.POSITIVE_INFINITY : Date.now() - keepDays * day
  const reachable = () => reachableKeys(store, { project, withVariants: !drops })
  const surveyOptions = async (): Promise<SurveyOptions> => ({
    needed: (await reachable()).keys,
    keepSince,
  })
  const found = await survey(store, await surveyOptions())
  const { locks, recipes } = await reachable()
  const surveyed = { ...found, locks, recipes }
  if (!drops && found.unneeded.length === 0 && found.runs.count === 0) return { store: folder, survey: surveyed }
  if (!(await confirm(surveyed))) return { store: folder, survey: surveyed }
  if (drops) await dropVariants(store.folder)
  const removed = await removeUnneeded(store, found, surveyOptions)
  const bytes = removed.reduce((sum, one) => sum + one.bytes, 0)
  return { store: folder, survey: surveyed, removedBytes: bytes + found.runs.bytes }
}

/** Options of {@link verify}. */
export interface VerifyOptions extends StoreFolderOption {
  /** Leaves damaged results in place. @default false */
  readonly dryRun?: boolean | undefined
  /** Called after each result. */
  readonly onResult?: ((result: Verified) => void) | undefined
}

/** Verified results of a store. */
export interface VerifyResult {
  /** Absolute path of the store. */
  readonly store: string
  readonly exists: boolean
  /** Number of results that are as they were published. */
  readonly sound: number
  readonly damaged: readonly Verified[]
  /** Paths in the folder of results that are none. */
  readonly foreign: readonly string[]
}

/** Reads every stored result again, and sets aside those that are not as they were published. */
export async function verify(options: VerifyOptions = {}): Promise<VerifyResult> {
  const store = await existingStore(options)
  const folder = storeFolder(options.store)
  const damaged: Verified[] = []
  if (store === undefined) return { store: folder, exists: false, sound: 0, damaged, foreign: [] }
  let sound = 0
  const { foreign } = await verifyStore(store, {
    keep: options.dryRun ?? false,
    onResult(result) {
      if (result.faults.length === 0) sound += 1
      else damaged.push(result)
      options.onResult?.(result)
    },
  })
  return { store: folder, exists: true, sound, damaged, foreign }
}

async function existingStore({ store: folder }: StoreFolderOption): Promise<Store | undefined> {
  const store = openStore(storeFolder(folder))
  if (!existsSync(join(store.folder, storeFolders.results))) return undefined
  await checkLayout(store.folder)
  return store
}
