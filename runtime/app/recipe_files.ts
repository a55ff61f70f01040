/** The recipes that a list of files and folders names. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'

/** Endings of recipe files. */
export const recipeEndings: readonly string[] = ['.yaml', '.yml', '.ts']

/** Recipe files, and folders without any. */
export interface RecipeFiles {
  readonly files: readonly string[]
  readonly emptyFolders: readonly string[]
}

/**
 * Files as they are given, and for a folder the recipes in it and below, by name. Modules without a default export,
 * which other recipes import, are no recipes; hidden folders and `node_modules` are passed over.
 */
export function recipeFiles(paths: readonly string[], endings: readonly string[] = recipeEndings): RecipeFiles {
  const found = paths.map(path => ({ path, files: isFolder(path) ? recipesIn(path, endings) : [path] }))
  return {
    files: found.flatMap(({ files }) => files),
    emptyFolders: found.flatMap(({ path, files }) => (files.length === 0 ? [path] : [])),
  }
}

/** True if a folder is there; who reads the path finds all else that is wrong with it. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

const recipesIn = (folder: string, endings: readonly string[]): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(entry => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return /^\.|^node_modules$/.test(entry.name) ? [] : recipesIn(path, endings)
      return entry.isFile() && endings.includes(extname(entry.name)) && isRecipe(path) ? [path] : []
    })

const isRecipe = (path: string): boolean =>
  !path.endsWith('.ts') || /^export default /m.test(readFileSync(path, 'utf8'))
