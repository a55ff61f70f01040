/** Makes the folders of a store, and refuses folders that are none. */
import { access, constants, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isRecord, parseJson } from '../../dsl/read/json.ts'
import { codeOf, faultText, flush, isFull, writeFlushed } from './files.ts'
import { aliveFolder } from './presence.ts'
import { ownedPath } from './staging.ts'

/** Layout of the store; a store of another layout is left alone. */
const layout = 1
const layoutName = 'store.json'

/** Folders that hold what processes do, and results; `results` is made first and marks a store. */
const folders = ['results', 'staging', 'claims', aliveFolder] as const

/** Throws where the folder holds a store of a layout that this version does not know. */
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
  throw new Error(
    `The store in '${root}' has ${version}, and this version of terroir reads layout ${layout}; use the version that made it, or another folder with --store`,
  )
}

/**
 * Makes the folders of a store. Throws where they cannot be made or written, and where the folder holds other things
 * and no store: results, and the rule that keeps them out of git, do not belong among a person's files.
 */
export async function prepareStore(root: string): Promise<void> {
  await checkLayout(root)
  const present: readonly string[] = await readdir(root).catch(() => [])
  if (present.length > 0 && !present.includes(folders[0]) && !present.includes(layoutName))
    throw new Error(`'${root}' holds other files and no store; name a new or an empty folder with --store`)
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
    throw new Error(`The store cannot be written, ${faultText(cause)}; choose another folder with --store`, { cause })
  }
}

/** Writes a small file so that it is there whole or not at all. */
async function writeWhole(root: string, name: string, text: string): Promise<void> {
  const aside = ownedPath(root, 'layout')
  await writeFlushed(aside, text)
  await rename(aside, join(root, name))
  await flush(root)
}

/**
 * Makes a folder and those around it. Node's own recursion never ends where a file system denies that the folder can
 * be, as `/proc` does.
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
