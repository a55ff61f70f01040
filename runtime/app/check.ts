/** Checks of recipes: each mistake with its place and, where one is known, the edit that mends it. */

import type { LoadedRecipe } from '../../dsl/compile/load.ts'
import { type Diagnostic, isClean } from '../../dsl/diagnostics/diagnostic.ts'
import { load, type RecipeOptions } from './recipe.ts'
import { recipeFiles } from './recipe_files.ts'

/** Checked recipes. */
export interface CheckResult {
  /** Paths of the recipes, as given or found in folders. */
  readonly files: readonly string[]
  readonly recipes: readonly LoadedRecipe[]
  /** Errors and warnings of all recipes; those of a file that several recipes extend stand here once. */
  readonly diagnostics: readonly Diagnostic[]
  /** Folders that were given and hold no recipe. */
  readonly emptyFolders: readonly string[]
  /** True if there is a recipe and none has an error; warnings may be there. */
  readonly isSound: boolean
}

/**
 * Checks recipes. Nothing runs, and nothing is written.
 *
 * @param paths recipe files, or folders that are searched for them
 */
export async function check(
  paths: string | readonly string[],
  { set }: Pick<RecipeOptions, 'set'> = {},
): Promise<CheckResult> {
  const { files, emptyFolders } = recipeFiles(typeof paths === 'string' ? [paths] : paths)
  const recipes: LoadedRecipe[] = []
  for (const file of files) recipes.push(await load(file, { set }))
  return {
    files,
    recipes,
    diagnostics: distinct(recipes.flatMap(recipe => recipe.diagnostics)),
    emptyFolders,
    isSound: recipes.length > 0 && recipes.every(recipe => isClean(recipe.diagnostics)),
  }
}

function distinct(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const nameOf = ({ code, message, span }: Diagnostic): string =>
    JSON.stringify([span.source.path, span.start, span.end, code, message])
  return [...new Map(diagnostics.map(diagnostic => [nameOf(diagnostic), diagnostic])).values()]
}
