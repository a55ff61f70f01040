/** The recipes that use a store, `roots/DIGEST.json` for each: the roots of its garbage collection. */
import { readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { isRecord, isText, parseJson } from '../../dsl/values/json.ts'
import { sha256 } from './digest.ts'
import { makeBelow, writeFlushed } from './files.ts'
import { thisProcess } from './process.ts'
import { ownedPath } from './staging.ts'

/** A recipe that has run in a store. */
export interface Root {
  /** Absolute path of the recipe. */
  readonly recipe: string
  /** Machine or container on which that path means something. */
  readonly host: string
  /** Keys of all stages of its latest run. */
  readonly keys: readonly string[]
}

const folder = 'roots'

/** Records the keys of a recipe; the store must be prepared. */
export async function recordRoot(
  root: string,
  { recipe, keys }: { readonly recipe: string; readonly keys: readonly string[] },
): Promise<void> {
  const recorded: Root = { recipe, host: thisProcess().host, keys: [...keys].sort() }
  const text = `${JSON.stringify(recorded)}\n`
  const path = join(root, folder, `${sha256(`${recorded.host} ${recipe}`).slice(0, 16)}.json`)
  if ((await readFile(path, 'utf8').catch(() => '')) === text) return
  await makeBelow(root, folder)
  const aside = ownedPath(root, 'root')
  await writeFlushed(aside, text)
  await rename(aside, path)
}

/** Every recipe that is recorded, and the path of each record. */
export async function readRoots(root: string): Promise<readonly (Root & { readonly path: string })[]> {
  const names = await readdir(join(root, folder)).catch(() => [])
  const read = names.map(async name => {
    const path = join(root, folder, name)
    const value = parseJson(await readFile(path, 'utf8'))
    return isRoot(value) ? [{ ...value, path }] : []
  })
  return (await Promise.all(read)).flat()
}

const isRoot = (value: unknown): value is Root & object =>
  isRecord(value) && isText(value.recipe) && isText(value.host) && Array.isArray(value.keys) && value.keys.every(isText)
