/** Which results people still need: those that locks and recipes name. */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { loadRecipe } from '../../dsl/compile/load.ts'
import { parseLock } from '../../dsl/compile/lock.ts'
import { thisProcess } from '../store/process.ts'
import { readRoots } from '../store/roots.ts'
import type { Store } from '../store/store.ts'
import { lockPath } from './outputs.ts'
import { planOf } from './recipe.ts'

/** Keys that are needed, and by whom. */
export interface Needed {
  readonly keys: ReadonlySet<string>
  /** Paths of the locks that were read. */
  readonly locks: readonly string[]
  /** Paths of the recipes whose latest run, and present text, count. */
  readonly recipes: readonly string[]
}

/**
 * Gathers keys from every lock below a folder, and from every recipe that has run in the store, as it ran last, as it
 * is written now, and from its lock. Recipes whose file is gone count no more; those of other machines always do.
 */
export async function neededKeys(store: Store, project: string): Promise<Needed> {
  const roots = (await readRoots(store.folder)).filter(
    ({ recipe, host }) => host !== thisProcess().host || existsSync(recipe),
  )
  const recipes = [...new Set(roots.map(({ recipe }) => recipe))]
  const beside = recipes.map(lockPath).filter(path => existsSync(path))
  const locks = [...new Set([...(await findLocks(project, store.folder)), ...beside])].sort()
  const keys = [
    ...roots.flatMap(root => root.keys),
    ...(await Promise.all(locks.map(lockedKeys))).flat(),
    ...(await Promise.all(recipes.map(compiledKeys))).flat(),
  ]
  return { keys: new Set(keys), locks, recipes }
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

/** Other programs have files of that ending, too; those name no stage. */
async function lockedKeys(path: string): Promise<readonly string[]> {
  const lock = parseLock(await readFile(path, 'utf8').catch(() => ''))
  return lock === undefined ? [] : [...lock.stages.values()].map(({ key }) => key)
}

/** A recipe that does not compile at present still has its latest run and its lock. */
async function compiledKeys(recipe: string): Promise<readonly string[]> {
  try {
    const loaded = await loadRecipe(recipe)
    return loaded.variants.length === 0 ? [] : (await planOf(loaded)).stages.map(({ key }) => key)
  } catch {
    return []
  }
}
