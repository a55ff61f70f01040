/** `terroir fmt`: lays recipes out canonically. */
import { renameSync, writeFileSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { isClean } from '../../dsl/diagnostics/diagnostic.ts'
import { readSource } from '../../dsl/read/file.ts'
import { readYaml } from '../../dsl/read/yaml.ts'
import { exitCodes, printDiagnostics } from './recipe.ts'
import { recipeFiles } from './recipe_files.ts'

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
    .action(format)
}

function yamlFile(file: string, before: readonly string[] = []): readonly string[] {
  if (file.endsWith('.ts')) throw new InvalidArgumentError('fmt lays out YAML; editors lay out TypeScript')
  return [...before, file]
}

async function format(files: readonly string[], { check }: { readonly check?: true }): Promise<void> {
  const { formatYaml } = await import('../../dsl/print/format.ts')
  for (const file of recipeFiles(files, ['.yaml', '.yml'])) {
    const read = readSource(file)
    const diagnostics = 'fault' in read ? [read.fault] : readYaml(read.source).diagnostics
    if ('fault' in read || !isClean(diagnostics)) {
      printDiagnostics(diagnostics)
      process.exitCode = exitCodes.badRecipe
      continue
    }
    const laidOut = formatYaml(read.source.text)
    if (laidOut === read.source.text) continue
    if (check) process.exitCode ??= exitCodes.failedWork
    else replace(read.source.path, laidOut)
    process.stdout.write(`${file} ${check ? 'is not laid out canonically; run terroir fmt' : 'laid out'}\n`)
  }
}

/** Whole or not at all: a recipe is never left half written. */
function replace(path: string, text: string): void {
  const aside = `${path}.${process.pid}.tmp`
  writeFileSync(aside, text)
  renameSync(aside, path)
}
