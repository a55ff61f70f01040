/** `terroir fmt`: lays recipes out canonically. */
import { Command, InvalidArgumentError } from 'commander'
import { format, formatEndings } from '../app/format.ts'
import { exitCodes, printLine, tellDiagnostics } from './print.ts'
import { tellEmptyFolders } from './recipe_folders.ts'

interface FormatFlags {
  readonly check?: true
}

/** The command. */
export function command(): Command {
  return new Command('fmt')
    .description('Lays YAML recipes out canonically: order of keys, indent, blank lines. Comments and meaning stay.')
    .argument('<recipe...>', 'YAML recipe files, or folders of them', yamlFile)
    .option('--check', 'change nothing; exit with 1 when a file is not laid out so')
    .addHelpText(
      'after',
      `
Examples:
  terroir fmt recipe.yaml
  terroir fmt --check recipes`,
    )
    .action(formatFiles)
}

function yamlFile(file: string, before: readonly string[] = []): readonly string[] {
  if (file.endsWith('.ts')) throw new InvalidArgumentError('fmt lays out YAML; editors lay out TypeScript')
  return [...before, file]
}

async function formatFiles(paths: readonly string[], { check }: FormatFlags): Promise<void> {
  const { files, emptyFolders } = await format(paths, { checkOnly: check })
  tellEmptyFolders(emptyFolders, formatEndings)
  for (const { file, state, diagnostics } of files) {
    if (state === 'unreadable') {
      tellDiagnostics(diagnostics)
      process.exitCode = exitCodes.badRecipe
    }
    if (state !== 'changed') continue
    if (check) process.exitCode ??= exitCodes.failedWork
    printLine(`${file} ${check ? 'is not laid out canonically; run terroir fmt' : 'laid out'}`)
  }
}
