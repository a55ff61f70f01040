/** The content-addressed store: immutable results by key, published atomically. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { chmod, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type FileRecord, outputDigest, sha256File } from './digest.ts'
import { codeOf, type FileTree, flush, flushAll, listTree, makeBelow } from './files.ts'
import { removeDeadHeartbeats } from './heartbeat.ts'
import { releaseDeadLocks, tryAcquireLock } from './locks.ts'
import { type Manifest, manifestName, type Outcome, parseManifest } from './manifest.ts'
import { stampPath } from './path_stamp.ts'
import { checkLayout, prepareStore } from './prepare.ts'
import { makeOwnedFolder, ownedPath, removeStale } from './staging.ts'
import { verifyFiles } from './verify.ts'

/** A published result. */
export interface Result {
  /** Absolute path; read only. */
  readonly folder: string
  readonly manifest: Manifest
  /** True if a file was written or changed after publishing, and has not been read and found sound since. */
  readonly isTouched?: true
}

/** A store in a folder. Any number of processes may use it at the same time. */
export interface Store {
  /** Absolute path. */
  readonly folder: string
  /**
   * The result of a key; `undefined` if there is none, or a file of it is missing or of another size. Rejects if
   * the folder holds a store of another layout.
   */
  find(key: string): Promise<Result | undefined>
  /** The result of a key by its manifest alone; its files are not looked at. */
  read(key: string): Promise<Result | undefined>
  /** Makes the store's own folders. Throws a `UserFault` that names the obstacle if they cannot be written. */
  prepare(): Promise<void>
  /** Makes a fresh, empty folder for a stage to write into; it is removed once its process is dead. */
  stage(key: string): Promise<string>
  /**
   * The folder of a stage's checkpoints, from which its next attempt goes on; it is made if it is absent. Unlike a
   * staging folder it outlives its process; publishing the key removes it. `anew` empties it first.
   */
  checkpoints(key: string, options?: { readonly anew?: boolean }): Promise<string>
  /**
   * Publishes a staging folder, which is gone afterwards. If a sound result of the same key was published meanwhile,
   * that one stays and is returned, unless `replace` is set: then it is moved out first, and a kill before the new one
   * is in place loses neither. A damaged result is set aside.
   */
  publish(staging: string, outcome: Outcome, options?: { readonly replace?: boolean }): Promise<Result>
  /** Reads every file again and returns its faults, one line each; empty if the result is sound. */
  verify(key: string): Promise<readonly string[]>
  /** True if something lies in the place of a result, sound or not. */
  holds(key: string): boolean
  /** Records that all files of a result were read and are sound: it no longer counts as touched. */
  recordSound(key: string): Promise<void>
  /** Moves a damaged result out of the way, so that the next run makes it anew; returns its new path. */
  setAside(key: string): Promise<string>
  /** Removes the files of dead processes; returns the names. */
  sweep(): Promise<readonly string[]>
}

/** The store's folder: an option, else `TERROIR_STORE`, else `.terroir` in the current folder. */
export const storeFolder = (option?: string): string => resolve(option ?? (process.env.TERROIR_STORE || '.terroir'))

/** Names of the folders of a store. */
export const storeFolders = {
  results: 'results',
  checkpoints: 'checkpoints',
  damaged: 'damaged',
  /** Results that are about to be replaced. */
  replaced: 'replaced',
  /** Stamps of results that were touched after publishing, such as by a copy of the store, and found sound. */
  verified: 'verified',
} as const

/** True for a key: 64 hexadecimal digits, safe as a part of a path. */
export const isKey = (text: string): boolean => /^[0-9a-f]{64}$/.test(text)

/** Opens the store of a folder; its folders are made only by `prepare` and `stage`. */
export function openStore(folder: string): Store {
  const root = resolve(folder)
  const results = join(root, storeFolders.results)
  const folderOf = (key: string): string => join(results, checkedKey(key))
  const checkpointsOf = (key: string): string => join(root, storeFolders.checkpoints, checkedKey(key))
  let checked: Promise<void> | undefined

  async function read(key: string): Promise<Result | undefined> {
    checked ??= checkLayout(root)
    await checked
    const folder = folderOf(key)
    const text = readIfThere(join(folder, manifestName))
    const manifest = text === undefined ? undefined : parseManifest(text)
    return manifest?.key === key ? { folder, manifest } : undefined
  }

  async function find(key: string): Promise<Result | undefined> {
    const result = await read(key)
    if (result === undefined) return undefined
    // At once, not by promises: a run of a thousand stages asks for a thousand results before it does anything.
    const published = statSync(join(result.folder, manifestName), { throwIfNoEntry: false })
    let isTouched = false
    for (const [path, file] of Object.entries(result.manifest.files)) {
      const found = statSync(join(result.folder, path), { throwIfNoEntry: false })
      if (published === undefined || found?.isFile() !== true || found.size !== file.size) return undefined
      // The manifest is the last file that is written and made read-only.
      isTouched ||= found.mtimeMs > published.mtimeMs || found.ctimeMs > published.ctimeMs
    }
    return isTouched && !isRecordedSound(result) ? { ...result, isTouched } : result
  }

  const recordOf = (key: string): string => join(root, storeFolders.verified, key)
  const isRecordedSound = ({ folder, manifest }: Result): boolean =>
    readIfThere(recordOf(manifest.key)) === stampText(folder)

  async function recordSound(key: string): Promise<void> {
    const text = stampText(folderOf(key))
    // A store that can only be read is verified each time.
    await makeBelow(root, storeFolders.verified).catch(() => undefined)
    await writeFile(recordOf(key), text).catch(() => undefined)
  }

  async function stage(key: string): Promise<string> {
    checkedKey(key)
    await prepare()
    return makeOwnedFolder(root, key)
  }

  async function checkpoints(key: string, { anew = false } = {}): Promise<string> {
    if (anew) await rm(checkpointsOf(key), { recursive: true, force: true })
    return makeBelow(root, storeFolders.checkpoints, key)
  }

  let prepared: Promise<void> | undefined
  function prepare(): Promise<void> {
    prepared ??= prepareStore(root)
    return prepared
  }

  /**
   * Renames a result into the folder of replaced ones. After a kill `sweep` puts it back unless a new one is in its
   * place. Returns its new path; readers see all of it or nothing.
   */
  async function moveOut(key: string): Promise<string> {
    await makeBelow(root, storeFolders.replaced)
    const aside = join(root, storeFolders.replaced, key)
    if (!existsSync(folderOf(key))) return aside
    // What an earlier kill has left there is older than the one that is in place.
    await discard(aside)
    await rename(folderOf(key), aside).catch(ignoreAbsent)
    return aside
  }

  async function discard(folder: string): Promise<void> {
    const aside = ownedPath(root, 'discarded')
    await rename(folder, aside).catch(ignoreAbsent)
    await rm(aside, { recursive: true, force: true })
  }

  async function setAside(key: string): Promise<string> {
    await makeBelow(root, storeFolders.damaged)
    const stamp = new Date().toISOString().replaceAll(/[-:.]/g, '')
    const aside = join(root, storeFolders.damaged, `${checkedKey(key)}.${stamp}`)
    await rename(folderOf(key), aside).catch(ignoreAbsent)
    await flush(results)
    return aside
  }

  async function publish(from: string, outcome: Outcome, { replace = false } = {}): Promise<Result> {
    const folder = folderOf(outcome.key)
    const tree = await plainTree(from)
    const files = await digestFiles(from, tree.files)
    const manifest: Manifest = { ...outcome, files, digest: outputDigest(files, outcome) }
    await writeFile(join(from, manifestName), `${JSON.stringify(manifest, null, 1)}\n`, { flag: 'wx' })
    await chmod(join(from, manifestName), readOnly)
    // All of it is on the disk before anybody can see it.
    await flushAll([manifestName, ...tree.files, ...tree.folders].map(path => join(from, path)))
    const before = replace ? await moveOut(outcome.key) : undefined
    while (true) {
      try {
        await rename(from, folder)
        await flush(results)
        if (before !== undefined) await discard(before)
        await rm(checkpointsOf(outcome.key), { recursive: true, force: true })
        return { folder, manifest }
      } catch (error) {
        if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(codeOf(error))) throw error
      }
      const theirs = await find(outcome.key)
      if (theirs !== undefined) {
        await rm(from, { recursive: true, force: true })
        return theirs
      }
      await setAside(outcome.key)
    }
  }

  async function verify(key: string): Promise<readonly string[]> {
    const result = await read(key)
    if (result === undefined) return [`"${manifestName}" is missing or not as it was published`]
    return verifyFiles(result.folder, result.manifest)
  }

  /** Removes checkpoints that a kill has left beside a published result; a stage that runs again keeps its own. */
  async function dropCheckpoints(key: string): Promise<void> {
    const lock = await tryAcquireLock(root, key)
    if (lock !== undefined) await rm(checkpointsOf(key), { recursive: true, force: true })
    await lock?.release()
  }

  /** After a kill: puts a result back that has no new one in its place, and removes one that has. */
  async function settleReplaced(key: string): Promise<void> {
    const lock = await tryAcquireLock(root, key)
    if (lock === undefined) return
    const aside = join(root, storeFolders.replaced, key)
    if (existsSync(folderOf(key))) await discard(aside)
    else await rename(aside, folderOf(key)).catch(ignoreAbsent)
    await lock.release()
  }

  async function sweep(): Promise<readonly string[]> {
    const stale = await removeStale(root)
    await releaseDeadLocks(root)
    await removeDeadHeartbeats(root)
    for (const key of await readdir(join(root, storeFolders.replaced)).catch(() => []))
      if (isKey(key)) await settleReplaced(key)
    for (const key of await readdir(join(root, storeFolders.checkpoints)).catch(() => []))
      if (isKey(key) && existsSync(folderOf(key))) await dropCheckpoints(key)
    for (const key of await readdir(join(root, storeFolders.verified)).catch(() => []))
      if (isKey(key) && !existsSync(folderOf(key))) await rm(recordOf(key), { force: true })
    return stale
  }

  const holds = (key: string): boolean => existsSync(folderOf(key))

  return { folder: root, find, read, prepare, stage, checkpoints, publish, verify, holds, recordSound, setAside, sweep }
}

/** Keys of the results of a store, and names of foreign files among them. */
export async function listResults(
  store: Store,
): Promise<{ readonly keys: readonly string[]; readonly foreign: readonly string[] }> {
  const names = (await readdir(join(store.folder, storeFolders.results)).catch(ignoreAbsent)) ?? []
  return { keys: names.filter(isKey).sort(), foreign: names.filter(name => !isKey(name)).sort() }
}

function checkedKey(key: string): string {
  if (!isKey(key)) throw new Error(`"${key}" is no key; expected 64 hexadecimal digits`)
  return key
}

function stampText(folder: string): string {
  const { written, changed } = stampPath(folder)
  return `${written} ${changed}\n`
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    return ignoreAbsent(error)
  }
}

/** Turns "there is no such file" into `undefined`; rethrows every other fault. */
function ignoreAbsent(error: unknown): undefined {
  if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error))) throw error
}

/** Files of results are shared by recipes, and must not be changed by accident. */
const readOnly = 0o444

/** Lists the files of a stage's result; throws if one is neither file nor folder. */
async function plainTree(folder: string): Promise<FileTree> {
  const tree = await listTree(folder)
  const [other] = tree.others
  if (other !== undefined)
    throw new Error(`"${other}" is neither a file nor a folder; a stage may leave nothing else in its result`)
  return tree
}

/** Makes files read-only and digests them. */
async function digestFiles(folder: string, paths: readonly string[]): Promise<{ readonly [path: string]: FileRecord }> {
  const files: Record<string, FileRecord> = {}
  for (const path of paths) {
    const file = join(folder, path)
    await chmod(file, readOnly)
    files[path] = { size: (await stat(file)).size, sha256: await sha256File(file) }
  }
  return files
}
