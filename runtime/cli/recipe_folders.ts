/** The message on folders that hold no recipes. */
import { recipeEndings } from '../app/recipe_files.ts'
import { tellUsage } from './print.ts'

/** Tells of each folder that it holds no recipes, and sets the exit code that of wrong usage. */
export function tellEmptyFolders(folders: readonly string[], endings: readonly string[] = recipeEndings): void {
  for (const folder of folders)
    tellUsage(`The folder '${folder}' holds no recipes; name a file that ends in ${endings.join(', ')}`)
}
