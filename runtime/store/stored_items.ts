/** The results, checkpoints and damaged results of a store: their list, and their removal. */
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, listTree } from './files.ts'
import { ownedPath } from './staging.ts'
import { isKey, type Store, storeFolders } from './store.ts'

/** A result, a folder of checkpoints or a damaged result in a store. */
export interface StoredItem {
  readonly kind: 'result' | 'checkpoints' | 'damaged'
  readonly path: string
  readonly key: string
  /** Stage that made it; empty if unknown. */
  readonly stage: string
  readonly bytes: number
  /** Milliseconds since 1970. */
  readonly changed: number
}

/** Bytes of all files below a path, and when the path was changed last; files that vanish meanwhile count nothing. */
export async function measurePath(path: string): Promise<{ readonly bytes: number; readonly changed: number }> {
  const own = await stat(path).catch(() => undefined)
  if (own === undefined || own.isFile()) return { bytes: own?.size ?? 0, changed: own?.mtimeMs ?? 0 }
  const { files } = await listTree(path).catch(() => ({ files: [] }))
  const sizes = await Promise.all(
    files.map(async file => (await stat(join(path, file)).catch(() => ({ size: 0 }))).size),
  )
  return { bytes: sizes.reduce((sum, one) => sum + one, 0), changed: own.mtimeMs }
}

/** Every result, checkpoint and damaged result of a store, sorted by path. */
export async function listStoredItems(store: Store): Promise<readonly StoredItem[]> {
  const found: StoredItem[] = []
  for (const [kind, folder] of kinds) {
    const names = await readdir(join(store.folder, folder)).catch(ignoreAbsent)
    for (const name of names.sort()) {
      const [key = ''] = name.split('.')
      if (!isKey(key)) continue
      const path = join(store.folder, folder, name)
      const stage = kind === 'result' ? ((await store.read(key))?.manifest.id ?? '') : ''
      found.push({ kind, path, key, stage, ...(await measurePath(path)) })
    }
  }
  return found
}

const kinds = [
  ['result', storeFolders.results],
  ['checkpoints', storeFolders.checkpoints],
  ['damaged', storeFolders.damaged],
] as const

/** Renames paths of a store into its staging folder, for `deleteTrash`: a reader sees all of a result or nothing. */
export async function moveToTrash(store: Store, paths: readonly string[]): Promise<readonly string[]> {
  const moved: string[] = []
  for (const path of paths) {
    const aside = ownedPath(store.folder, 'discarded')
    try {
      await rename(path, aside)
      moved.push(aside)
    } catch (error) {
      ignoreAbsent(error)
    }
  }
  return moved
}

/** Deletes what `moveToTrash` returned. After a kill the next run deletes the rest. */
export async function deleteTrash(moved: readonly string[]): Promise<void> {
  for (const path of moved) await rm(path, { recursive: true, force: true, maxRetries: 3 })
}

function ignoreAbsent(error: unknown): string[] {
  if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error))) throw error
  return []
}
