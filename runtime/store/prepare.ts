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
  if (typeof known !== 'number')
    throw new UserFault(`'${path}' is damaged: it does not say the layout of the store`, {
      hint: 'delete this one file, and the next run writes it anew',
    })
  throw new UserFault(
    `The store in '${root}' has layout ${known}, and this version of terroir reads layout ${layout}`,
    {
      hint: 'use the version that made it, or another folder with --store',
    },
  )
}

/**
 * Makes the folders of a store. Throws a `UserFault` if they cannot be made or written, or if the folder holds other
 * files and no store: results, and the rule that keeps them out of git, do not belong among a person's files.
 */
export async function prepareStore(root: string): Promise<void> {
  await checkLayout(root)
  const present: readonly string[] = await readdir(root).catch(() => [])
  if (!(await isStore(root, present)))
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

/**
 * True for a folder that is empty, a store, or the remains of one: a run that goes on while its store is deleted may
 * leave logs or its status there.
 */
async function isStore(root: string, present: readonly string[]): Promise<boolean> {
  if (present.length === 0 || present.includes(folders[0]) || present.includes(layoutName)) return true
  if (!present.every(name => remains.has(name))) return false
  if (present.some(name => marks.has(name))) return true
  for (const name of present.filter(each => each !== '.gitignore')) {
    const inside = await readdir(join(root, name)).catch(() => [''])
    if (!inside.every(entry => runName.test(entry))) return false
  }
  return true
}

/** Names that only a store has, as long as it has no others. */
const marks: ReadonlySet<string> = new Set([...folders, 'checkpoints', 'damaged', 'replaced', 'verified'])

/** Names of what a store holds; folders of these names may be a person's own. */
const remains: ReadonlySet<string> = new Set([
  ...marks,
  '.gitignore',
  'locks',
  'journal',
  'logs',
  'status',
  'roots',
  'reports',
  'slurm',
])

/** The name of a run, of its logs and journal: `20260102T030405-123-ab12`; of a root or a job: hexadecimal digits. */
const runName = /^(\d{8}T\d{6}-\d+-[0-9a-f]{4}|[0-9a-f]{16,64})\b/

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
