/** What a store holds that nothing needs, and its removal. */
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, listTree } from './files.ts'
import { ownedPath } from './staging.ts'
import { isKey, rooms, type Store } from './store.ts'

/** Something in a store, by what it is. */
export interface Holding {
  readonly kind: 'result' | 'checkpoints' | 'damaged'
  readonly path: string
  readonly key: string
  /** Stage that made it, where that is known. */
  readonly stage: string
  readonly bytes: number
  /** Milliseconds since 1970. */
  readonly changed: number
}

/** Bytes of all files below a path, and when the path was changed last; files that vanish meanwhile count nothing. */
export async function measure(path: string): Promise<{ readonly bytes: number; readonly changed: number }> {
  const own = await stat(path).catch(() => undefined)
  if (own === undefined || own.isFile()) return { bytes: own?.size ?? 0, changed: own?.mtimeMs ?? 0 }
  const { files } = await listTree(path).catch(() => ({ files: [] }))
  const sizes = await Promise.all(
    files.map(async file => (await stat(join(path, file)).catch(() => ({ size: 0 }))).size),
  )
  return { bytes: sizes.reduce((sum, one) => sum + one, 0), changed: own.mtimeMs }
}

/** Every result, checkpoint and damaged result of a store, sorted by path. */
export async function listHoldings(store: Store): Promise<readonly Holding[]> {
  const found: Holding[] = []
  for (const [kind, room] of kinds) {
    const names = await readdir(join(store.folder, room)).catch(absent)
    for (const name of names.sort()) {
      const [key = ''] = name.split('.')
      if (!isKey(key)) continue
      const path = join(store.folder, room, name)
      const stage = kind === 'result' ? ((await store.read(key))?.manifest.id ?? '') : ''
      found.push({ kind, path, key, stage, ...(await measure(path)) })
    }
  }
  return found
}

const kinds = [
  ['result', rooms.results],
  ['checkpoints', rooms.checkpoints],
  ['damaged', rooms.damaged],
] as const

/** Moves paths of a store away at once, for `deleteMoved`: a reader sees all of a result or nothing. */
export async function moveAway(store: Store, paths: readonly string[]): Promise<readonly string[]> {
  const moved: string[] = []
  for (const path of paths) {
    const aside = ownedPath(store.folder, 'discarded')
    try {
      await rename(path, aside)
      moved.push(aside)
    } catch (error) {
      absent(error)
    }
  }
  return moved
}

/** Deletes what was moved away. A kill leaves the rest to the next run. */
export async function deleteMoved(moved: readonly string[]): Promise<void> {
  for (const path of moved) await rm(path, { recursive: true, force: true, maxRetries: 3 })
}

function absent(error: unknown): string[] {
  if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error))) throw error
  return []
}
