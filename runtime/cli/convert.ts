/** `terroir convert`: turns YAML recipes into TypeScript, and back. */
import { writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Command } from 'commander'
import { convertRecipe } from '../../dsl/print/convert.ts'
import { codeOf } from '../store/files.ts'
import { exitCodes, loadChecked } from './recipe.ts'

/** The command. */
export function command(): Command {
  return new Command('convert')
    .description(
      'Turns a YAML recipe into TypeScript, or a TypeScript recipe into YAML, comments included. Both compile to the same plan.',
    )
    .argument('<recipe>', 'recipe file')
    .option('-o, --output <file>', 'file to write, in the folder of the recipe (default: print)')
    .option('--force', 'replace the file if it is there')
    .addHelpText(
      'after',
      `
Examples:
  terroir convert recipe.yaml -o recipe.ts
  terroir convert recipe.ts`,
    )
    .action(convert)
}

interface Flags {
  readonly output?: string
  readonly force?: true
}

async function convert(file: string, { output, force }: Flags): Promise<void> {
  const obstacle = output === undefined ? undefined : obstacleTo(file, output)
  if (obstacle !== undefined) return refuse(obstacle)
  const loaded = await loadChecked(file)
  if (loaded === undefined) return
  const text = await convertRecipe(loaded)
  if (output === undefined) {
    process.stdout.write(text)
    return
  }
  try {
    writeFileSync(output, text, { flag: force ? 'w' : 'wx' })
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    refuse(`'${output}' is there already; give another name, or --force to replace it`)
  }
}

function obstacleTo(file: string, output: string): string | undefined {
  const endings = file.endsWith('.ts') ? ['.yaml', '.yml'] : ['.ts']
  if (!endings.some(ending => output.endsWith(ending)))
    return `'${output}' does not end in ${endings.join(' or ')}, as what '${file}' is turned into does`
  if (dirname(resolve(output)) !== dirname(resolve(file)))
    return `'${output}' is in another folder than '${file}', and paths in a recipe are relative to it; write it there, then move both`
  return undefined
}

function refuse(why: string): void {
  process.stderr.write(`error: ${why}\n`)
  process.exitCode = exitCodes.badRecipe
}
