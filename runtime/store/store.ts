/** The content-addressed store: immutable results by key, published atomically. */
import { access, constants, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type FileRecord, outputDigest, sha256File } from './digest.ts'
import { codeOf, faultText, flush, listTree, writeFlushed } from './files.ts'
import { type Manifest, manifestName, type Outcome, parseManifest } from './manifest.ts'
import { makeOwnedFolder, removeStale } from './staging.ts'

/** A published result. */
export interface Result {
  /** Absolute path; read only. */
  readonly folder: string
  readonly manifest: Manifest
}

/** A store in a folder. Any number of processes may use it at the same time. */
export interface Store {
  /** Absolute path. */
  readonly folder: string
  /** The result of a key; `undefined` where there is none, or a file of it is missing or of another size. */
  find(key: string): Promise<Result | undefined>
  /** Makes the store's own folders; throws an error that says what is in the way where it cannot be written. */
  prepare(): Promise<void>
  /** Makes a fresh, empty folder for a stage to write into; it is removed once its process is dead. */
  stage(key: string): Promise<string>
  /**
   * The folder where a stage keeps what its next attempt goes on from, made where it is absent. Unlike a staging
   * folder it outlives its process; publishing the key removes it. `anew` empties it first.
   */
  checkpoints(key: string, options?: { readonly anew?: boolean }): Promise<string>
  /**
   * Publishes a staging folder, which is gone afterwards. Where a sound result of the same key was published
   * meanwhile that one stays and is returned, unless `replace` is set.
   */
  publish(staging: string, outcome: Outcome, options?: { readonly replace?: boolean }): Promise<Result>
  /** Reads every file again and returns what is wrong, one line a fault; empty when the result is sound. */
  verify(key: string): Promise<readonly string[]>
  /** Removes what dead processes left behind; returns the folder names. */
  sweep(): Promise<readonly string[]>
}

/** The store's folder: an option, else `TERROIR_STORE`, else `.terroir` in the current folder. */
export const storeFolder = (option?: string): string => resolve(option ?? (process.env.TERROIR_STORE || '.terroir'))

/** Opens the store of a folder; nothing is made before it is needed. */
export function openStore(folder: string): Store {
  const root = resolve(folder)
  const results = join(root, 'results')
  const staging = join(root, 'staging')
  const checkpointsOf = (key: string): string => join(root, 'checkpoints', checkedKey(key))

  const folderOf = (key: string): string => join(results, checkedKey(key))

  async function read(key: string): Promise<Result | undefined> {
    const folder = folderOf(key)
    const text = await readFile(join(folder, manifestName), 'utf8').catch(absent)
    const manifest = text === undefined ? undefined : parseManifest(text)
    return manifest?.key === key ? { folder, manifest } : undefined
  }

  async function find(key: string): Promise<Result | undefined> {
    const result = await read(key)
    if (result === undefined) return undefined
    const sound = await Promise.all(
      Object.entries(result.manifest.files).map(async ([path, file]) => {
        const found = await stat(join(result.folder, path)).catch(absent)
        return found?.isFile() === true && found.size === file.size
      }),
    )
    return sound.every(Boolean) ? result : undefined
  }

  async function stage(key: string): Promise<string> {
    folderOf(key)
    await prepare()
    return makeOwnedFolder(staging, key)
  }

  async function checkpoints(key: string, { anew = false } = {}): Promise<string> {
    const folder = checkpointsOf(key)
    if (anew) await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    return folder
  }

  async function prepare(): Promise<void> {
    try {
      for (const folder of [root, results, staging]) {
        await mkdir(folder, { recursive: true })
        await access(folder, constants.W_OK)
      }
    } catch (cause) {
      throw new Error(`The store cannot be written, ${faultText(cause)}; choose another folder with --store`, { cause })
    }
    // Results stay out of git.
    await writeFile(join(root, '.gitignore'), '*\n', { flag: 'wx' }).catch(error => {
      if (codeOf(error) !== 'EEXIST') throw error
    })
  }

  /** Renames a folder away and deletes it there: a reader sees all of it or nothing. */
  async function discard(folder: string): Promise<void> {
    const aside = await makeOwnedFolder(staging, 'discarded')
    try {
      await rename(folder, join(aside, 'result'))
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
    }
    await rm(aside, { recursive: true, force: true })
  }

  async function publish(from: string, outcome: Outcome, { replace = false } = {}): Promise<Result> {
    const folder = folderOf(outcome.key)
    const files = await seal(from)
    const manifest: Manifest = { ...outcome, files, digest: outputDigest(files, outcome.metrics) }
    await writeFlushed(join(from, manifestName), `${JSON.stringify(manifest, null, 1)}\n`)
    await flush(from)
    if (replace) await discard(folder)
    while (true) {
      try {
        await rename(from, folder)
        await flush(results)
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
      await discard(folder)
    }
  }

  async function verify(key: string): Promise<readonly string[]> {
    const result = await read(key)
    if (result === undefined) return [`"${folderOf(key)}" holds no sound manifest`]
    const { files } = result.manifest
    const faults: string[] = []
    for (const [path, file] of Object.entries(files)) {
      const digest = await sha256File(join(result.folder, path)).catch(absent)
      if (digest === undefined) faults.push(`"${path}" is missing`)
      else if (digest !== file.sha256) faults.push(`"${path}" is not as it was published`)
    }
    const tree = await listTree(result.folder)
    const foreign = tree.files.filter(path => path !== manifestName && files[path] === undefined)
    return [...faults, ...foreign.map(path => `"${path}" was added after publishing`)]
  }

  return { folder: root, find, prepare, stage, checkpoints, publish, verify, sweep: () => removeStale(staging) }
}

/** A key that may become a path. */
function checkedKey(key: string): string {
  if (!/^[0-9a-f]{64}$/.test(key)) throw new Error(`"${key}" is no key; expected 64 hexadecimal digits`)
  return key
}

/** Turns "there is no such file" into `undefined`; every other fault stays one. */
function absent(error: unknown): undefined {
  if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error))) throw error
}

/** Digests and flushes everything a stage wrote. A manifest of its own is a fault of the stage. */
async function seal(folder: string): Promise<{ readonly [path: string]: FileRecord }> {
  const tree = await listTree(folder)
  const files: Record<string, FileRecord> = {}
  for (const path of tree.files) {
    const file = join(folder, path)
    await flush(file)
    files[path] = { size: (await stat(file)).size, sha256: await sha256File(file) }
  }
  for (const inner of tree.folders) await flush(join(folder, inner))
  return files
}
