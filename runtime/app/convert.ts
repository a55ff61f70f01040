/** YAML recipes as TypeScript, and back. */
import { writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { convertRecipe } from '../../dsl/print/convert.ts'
import { codeOf } from '../store/files.ts'
import { RequestFault } from './faults.ts'
import { loadSound, type RecipeOptions } from './recipe.ts'

/** A file for a converted recipe. */
export interface ConvertOptions extends Pick<RecipeOptions, 'onWarnings'> {
  /** Path in the folder of the recipe. @default none, nothing is written */
  readonly output?: string | undefined
  /** Replaces the file if it is there. @default false */
  readonly force?: boolean | undefined
}

/**
 * The text of a YAML recipe as TypeScript, or of a TypeScript recipe as YAML, comments included. Both compile to the
 * same plan.
 */
export async function convert(file: string, { output, force, onWarnings }: ConvertOptions = {}): Promise<string> {
  if (output !== undefined) checkOutput(file, output)
  const text = await convertRecipe(await loadSound(file, { onWarnings }))
  if (output === undefined) return text
  try {
    writeFileSync(output, text, { flag: force ? 'w' : 'wx' })
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    throw new RequestFault(`'${output}' is there already; give another name, or --force to replace it`)
  }
  return text
}

function checkOutput(file: string, output: string): void {
  const endings = file.endsWith('.ts') ? ['.yaml', '.yml'] : ['.ts']
  if (!endings.some(ending => output.endsWith(ending)))
    throw new RequestFault(`'${output}' does not end in ${endings.join(' or ')}, as what '${file}' is turned into does`)
  if (dirname(resolve(output)) !== dirname(resolve(file)))
    throw new RequestFault(
      `'${output}' is in another folder than '${file}', and paths in a recipe are relative to it; write it there, then move both`,
    )
}
