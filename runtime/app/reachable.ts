/** Keys of results that locks and recipes reach. */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ExecaError, execa } from 'execa'
import { loadRecipe } from '../../dsl/compile/load.ts'
import { parseLock } from '../../dsl/compile/lock_text.ts'
import { thisProcess } from '../store/process.ts'
import { readRoots } from '../store/roots.ts'
import type { Store } from '../store/store.ts'
import { lockPath } from './lock_file.ts'
import { outlineOf } from './recipe.ts'
import { readVariants } from './variants.ts'

/** Keys that are reached, and the locks and recipes that reach them. */
export interface ReachableKeys {
  readonly keys: ReadonlySet<string>
  /** The locks that were read: paths, and `BRANCH:PATH` for those that only other branches have. */
  readonly locks: readonly string[]
  /** Paths of the recipes whose latest run, and present text, count. */
  readonly recipes: readonly string[]
}

/**
 * Gathers keys from every lock below a folder, in any branch of its repository too, and from every recipe that has run
 * in the store, as it ran last, as it is written now, from its lock, and from the records of its runs with `--set`. Recipes whose file is gone count no more; those
 * of other machines always do.
 */
export async function reachableKeys(
  store: Store,
  { project, withVariants }: { readonly project: string; readonly withVariants: boolean },
): Promise<ReachableKeys> {
  const roots = (await readRoots(store.folder)).filter(
    ({ recipe, host }) => host !== thisProcess().host || existsSync(recipe),
  )
  const recipes = [...new Set(roots.map(({ recipe }) => recipe))]
  const beside = recipes.map(lockPath).filter(path => existsSync(path))
  const paths = [...new Set([...(await findLocks(project, store.folder)), ...beside])].sort()
  const texts = await Promise.all(paths.map(path => readFile(path, 'utf8').catch(() => '')))
  const present = paths.map((name, index) => ({ name, text: texts[index] ?? '' }))
  const here = new Set(texts)
  const elsewhere = (await branchLocks(project)).filter(({ text }) => !here.has(text))
  const locks = [...present, ...elsewhere].flatMap(({ name, text }) => {
    // Other programs have files of that ending, too; those name no stage.
    const lock = parseLock(text)
    return lock === undefined ? [] : [{ name, keys: [...lock.stages.values()].map(({ key }) => key) }]
  })
  const variants = withVariants ? await readVariants(store.folder) : []
  const keys = [
    ...variants.flatMap(({ lock }) => [...lock.stages.values()].map(({ key }) => key)),
    ...roots.flatMap(root => root.keys),
    ...locks.flatMap(lock => lock.keys),
    ...(await Promise.all(recipes.map(compiledKeys))).flat(),
  ]
  return { keys: new Set(keys), locks: locks.map(({ name }) => name), recipes }
}

const skipped = new Set(['node_modules', '.git'])

async function findLocks(folder: string, store: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const found = entries.map(async entry => {
    const path = resolve(join(folder, entry.name))
    if (entry.isDirectory()) return skipped.has(entry.name) || path === store ? [] : findLocks(path, store)
    return entry.isFile() && entry.name.endsWith('.lock') ? [path] : []
  })
  return (await Promise.all(found)).flat()
}

interface LockText {
  readonly name: string
  readonly text: string
}

/** Locks at the tips of all branches, each content once; none where the folder is in no repository. */
async function branchLocks(project: string): Promise<readonly LockText[]> {
  const git = (...args: readonly string[]) => execa('git', args, { cwd: project, stripFinalNewline: false })
  try {
    const { stdout: branches } = await git('for-each-ref', '--format=%(refname:short)', 'refs/heads', 'refs/remotes')
    const blobs = new Map<string, string>()
    for (const branch of branches.split('\n').filter(name => name !== '')) {
      const { stdout: entries } = await git('ls-tree', '-r', '-z', '--full-tree', branch)
      for (const entry of entries.split('\0')) {
        const [, blob, path] = /^\d+ blob ([0-9a-f]+)\t(.*\.lock)$/s.exec(entry) ?? []
        if (blob !== undefined && !blobs.has(blob)) blobs.set(blob, `${branch}:${path}`)
      }
    }
    const reading = [...blobs].map(async ([blob, name]) => ({
      name,
      text: (await git('cat-file', 'blob', blob)).stdout,
    }))
    return await Promise.all(reading)
  } catch (error) {
    if (error instanceof ExecaError) return []
    throw error
  }
}

/** A recipe that does not compile at present still has its latest run and its lock. */
async function compiledKeys(recipe: string): Promise<readonly string[]> {
  try {
    const loaded = await loadRecipe(recipe)
    return loaded.variants.length === 0 ? [] : (await outlineOf(loaded)).stages.flatMap(({ key }) => key ?? [])
  } catch {
    return []
  }
}
