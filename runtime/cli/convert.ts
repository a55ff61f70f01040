/** `terroir convert`: turns YAML recipes into TypeScript, and back. */
import { Command } from 'commander'
import { convert } from '../app/convert.ts'
import { printContent, tellDiagnostics } from './print.ts'

interface ConvertFlags {
  readonly output?: string
  readonly force?: true
}

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
    .action(async (file: string, flags: ConvertFlags) => {
      const text = await convert(file, { ...flags, onWarnings: tellDiagnostics })
      if (flags.output === undefined) printContent(text)
    })
}
