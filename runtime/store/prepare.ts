/** Makes the folders of a store, and refuses a folder that holds other files. */
import { access, constants, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { isRecord, parseJson } from '../../dsl/values/json.ts'
import { codeOf, faultText, flush, isFull, writeFlushed } from './files.ts'
import { heartbeatFolder } from './heartbeat.ts'
import { ownedPath } from './staging.ts'

/** Layout of the store; a store of another layout is left alone. */
const layout = 1
const layoutName = 'store.json'

/** Folders of results, and of the locks and heartbeats of processes; `results` is made first and marks a store. */
const folders = ['results', 'staging', 'claims', heartbeatFolder] as const

/** Throws a `UserFault` if the folder holds a store of a layout that this version does not know. */
export async function checkLayout(root: string): Promise<void> {
  const path = join(root, layoutName)
  const text = await readFile(path, 'utf8').catch(error => {
    if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error))) throw error
  })
  if (text === undefined) return
  const found = parseJson(text)
  const known = isRecord(found) ? found.layout : undefined
  if (known === layout) return
  const version = typeof known === 'number' ? `layout ${known}` : 'an unknown layout'
  throw new UserFault(`The store in '${root}' has ${version}, and this version of terroir reads layout ${layout}`, {
    hint: 'use the version that made it, or another folder with --store',
  })
}

/**
 * Makes the folders of a store. Throws a `UserFault` if they cannot be made or written, or if the folder holds other
 * files and no store: results, and the rule that keeps them out of git, do not belong among a person's files.
 */
export async function prepareStore(root: string): Promise<void> {
  await checkLayout(root)
  const present: readonly string[] = await readdir(root).catch(() => [])
  if (present.length > 0 && !present.includes(folders[0]) && !present.includes(layoutName))
    throw new UserFault(`'${root}' holds other files and no store`, {
      hint: 'name a new or an empty folder with --store',
    })
  try {
    for (const name of ['', ...folders]) {
      await makeFolder(join(root, name))
      await access(join(root, name), constants.W_OK)
    }
    if (!present.includes(layoutName)) await writeWhole(root, layoutName, `${JSON.stringify({ layout })}\n`)
    // Results stay out of git.
    if (!present.includes('.gitignore')) await writeFile(join(root, '.gitignore'), '*\n')
  } catch (cause) {
    if (isFull(cause)) throw cause
    throw new UserFault(`The store cannot be written, ${faultText(cause)}`, {
      hint: 'choose another folder with --store',
      cause,
    })
  }
}

/** Writes a small file atomically. */
async function writeWhole(root: string, name: string, text: string): Promise<void> {
  const aside = ownedPath(root, 'layout')
  await writeFlushed(aside, text)
  await rename(aside, join(root, name))
  await flush(root)
}

/**
 * Makes a folder and its parents. Node's own recursion never ends on a file system that refuses the folder, such as
 * `/proc`.
 */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && (await stat(path)).isDirectory()) return
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error
    await makeFolder(dirname(path))
    await mkdir(path).catch(again => {
      if (codeOf(again) !== 'EEXIST') throw again
    })
  }
  await flush(dirname(path))
}
