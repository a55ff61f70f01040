/** Which recipes the arguments of a command mean. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { exitCodes } from './recipe.ts'

/**
 * Files as they are given, and for a folder the recipes in it and below, by name. Modules without a default export,
 * which other recipes import, are no recipes; hidden folders and `node_modules` are passed over. A folder without
 * recipes is told, and makes the exit code that of wrong usage.
 */
export function recipeFiles(
  given: readonly string[],
  endings: readonly string[] = ['.yaml', '.yml', '.ts'],
): readonly string[] {
  return given.flatMap(path => {
    if (!isFolder(path)) return [path]
    const found = recipesIn(path, endings)
    if (found.length > 0) return found
    process.stderr.write(
      `error: The folder '${path}' holds no recipes; name a file that ends in ${endings.join(', ')}\n`,
    )
    process.exitCode = exitCodes.badRecipe
    return []
  })
}

/** Whether a folder is there; what else is wrong with a path is told by who reads it. */
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
