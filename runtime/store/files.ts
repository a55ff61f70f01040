/** Files: listing a folder, flushing it to the disk, and the faults of the file system in words. */
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Content of a folder: relative paths with `/` between folders, sorted. */
export interface FileTree {
  readonly files: readonly string[]
  /** Children before parents; the folder itself is `''` and last. */
  readonly folders: readonly string[]
  /** Links, sockets and the like, which a result may not hold: a link could reach outside the store. */
  readonly others: readonly string[]
}

/** Lists a folder. */
export async function listTree(root: string): Promise<FileTree> {
  const files: string[] = []
  const folders: string[] = []
  const others: string[] = []
  async function walk(relative: string): Promise<void> {
    for (const entry of await readdir(join(root, relative), { withFileTypes: true })) {
      const path = relative === '' ? entry.name : `${relative}/${entry.name}`
      if (entry.isDirectory()) await walk(path)
      else if (entry.isFile()) files.push(path)
      else others.push(path)
    }
    folders.push(relative)
  }
  await walk('')
  return { files: files.sort(), folders, others }
}

/** Code of a fault of the file system, such as `ENOENT`; empty if it has none. */
export const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

const reasons: { readonly [code: string]: string } = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a file stands where a folder belongs',
  EEXIST: 'a file stands where a folder belongs',
  EISDIR: 'it is a folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'The disk is full',
  EDQUOT: 'Your quota of the disk is used up',
}

/** True if the disk or the quota is full. */
export const isFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(codeOf(error))

/** A fault in words: a fault of the file system names the path and the reason. */
export function faultText(error: unknown): string {
  const reason = reasons[codeOf(error)]
  if (isFull(error)) return `${reason}; make room, for example with 'terroir clean', and run again`
  if (reason !== undefined && error instanceof Error && 'path' in error) return `'${error.path}': ${reason}`
  return error instanceof Error ? error.message : String(error)
}

/**
 * Makes folders, one in the other, in a folder that must be there: a store that was removed while a run used it must not
 * come back in parts. Rejects with the file system's error.
 */
export async function makeBelow(root: string, ...names: readonly string[]): Promise<string> {
  let path = root
  for (const name of names) {
    path = join(path, name)
    await mkdir(path).catch(error => {
      if (codeOf(error) !== 'EEXIST') throw error
    })
  }
  return path
}

/** Flushes a file, or the list of names in a folder, to the disk. */
export async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const flushedAtOnce = 32

/** Flushes files and folders, many at the same time: a file system writes them out together. */
export async function flushAll(paths: readonly string[]): Promise<void> {
  for (let start = 0; start < paths.length; start += flushedAtOnce)
    await Promise.all(paths.slice(start, start + flushedAtOnce).map(flush))
}

/** Writes a new file and flushes it. */
export async function writeFlushed(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx')
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Replaces a file so that a reader, also one after a kill or a power cut, sees the old content or the new, never a
 * part: `write` writes a file beside it, `PATH.new`, which then takes its place.
 */
export async function replaceFile(path: string, write: (aside: string) => Promise<void>): Promise<void> {
  const aside = `${path}.new`
  try {
    await write(aside)
    await flush(aside)
    await rename(aside, path)
  } catch (error) {
    await rm(aside, { force: true })
    throw error
  }
  await flush(dirname(path))
}
