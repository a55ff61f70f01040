/** Differences between two recipes, or two revisions of one, and their consequences. */
import { resolve } from 'node:path'
import { loadRecipe } from '../../dsl/compile/load.ts'
import { parseLock } from '../../dsl/compile/lock_text.ts'
import { isClean } from '../../dsl/diagnostics/diagnostic.ts'
import { disk } from '../../dsl/read/file.ts'
import { type Comparison, type ComparisonSide, compare } from './compare.ts'
import { RecipeFault } from './faults.ts'
import { lockPath } from './lock_file.ts'
import { outlineOf } from './recipe.ts'

/** A recipe in the work tree, or in a revision of git. */
export interface RecipePlace {
  /** Path of the recipe, relative to the current folder. */
  readonly file: string
  /** A revision, as git names it. @default the work tree */
  readonly revision?: string
}

/** A comparison of two recipes. */
export interface DiffResult {
  readonly before: ComparisonSide
  readonly after: ComparisonSide
  readonly comparison: Comparison
  /** True if nothing differs. */
  readonly isSame: boolean
  /** Data files that a revision does not have, and that were taken as they lie on disk. */
  readonly borrowed: readonly string[]
  /** Data files that are not on this machine, and that count as unchanged. */
  readonly absent: readonly string[]
}

/**
 * Compares two recipes: parameters, stages that run again, metrics and claims of the locks beside them. Files of a
 * revision are read from git; nothing is checked out. The data that a recipe names is not checked, and may be missing.
 *
 * Rejects with a {@link RecipeFault} where one of the two has errors.
 */
export async function diff(before: string | RecipePlace, after: string | RecipePlace): Promise<DiffResult> {
  const borrowed = new Set<string>()
  const sides = [await readSide(before, borrowed), await readSide(after, borrowed)] as const
  const comparison = compare(...sides)
  const { changes, reruns, gone, metrics, claims, madeWith } = comparison
  return {
    before: sides[0],
    after: sides[1],
    comparison,
    isSame: [changes, reruns, gone, metrics, claims, madeWith].every(list => list.length === 0),
    borrowed: [...borrowed],
    absent: [...new Set(sides.flatMap(({ plan }) => plan.stages.flatMap(stage => stage.absent ?? [])))],
  }
}

async function readSide(place: string | RecipePlace, borrowed: Set<string>): Promise<ComparisonSide> {
  const { file, revision: name }: RecipePlace = typeof place === 'string' ? { file: place } : place
  const revision = name === undefined ? undefined : (await import('../git/revision.ts')).openRevision(name)
  const files = revision?.files ?? disk
  const loaded = await loadRecipe(file, { files, isAlone: true })
  const label = files.name(resolve(file))
  if (!isClean(loaded.diagnostics)) throw new RecipeFault(label, loaded.diagnostics)
  const plan = await outlineOf(loaded, { digest: revision?.digest, mayLackFiles: true })
  const path = lockPath(resolve(file))
  const lock = files.stat(path) && parseLock(new TextDecoder().decode(files.read(path)))
  for (const { path, isOfPackage } of plan.stages.flatMap(({ externals }) => externals))
    if (revision?.borrowed.has(path) && !isOfPackage) borrowed.add(disk.name(path))
  return { label, loaded, plan, ...(lock && { lock }) }
}
