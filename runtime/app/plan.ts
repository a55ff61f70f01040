/** The plan of a recipe, with the results that are stored of it. */
import { findResults } from '../schedule/select.ts'
import { openStore, type Result, storeFolder } from '../store/store.ts'
import { loadOutline, type OutlinedRecipe, type RecipeOptions } from './recipe.ts'

/** Options of every function that reads a store. */
export interface StoreFolderOption {
  /** Folder of results. @default the environment variable `TERROIR_STORE`, else `.terroir` in the current folder */
  readonly store?: string | undefined
}

/** A plan and the results that are stored of it. */
export interface PlanResult extends OutlinedRecipe {
  /** By name of the stage; stages that have not run are absent. */
  readonly results: ReadonlyMap<string, Result>
}

/**
 * Compiles a recipe and looks its stages up in the store. Nothing runs, and nothing is written. A stage whose data is
 * not on this machine has no key.
 */
export async function plan(file: string, options: RecipeOptions & StoreFolderOption = {}): Promise<PlanResult> {
  const outlined = await loadOutline(file, options)
  return { ...outlined, results: await findResults(outlined.plan, openStore(storeFolder(options.store))) }
}
