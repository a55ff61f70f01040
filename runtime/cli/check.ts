/** `terroir check`: finds what is wrong with recipes. */
import { Command } from 'commander'
import { isClean } from '../../dsl/check/diagnostic.ts'
import { renderJson } from '../../dsl/check/render.ts'
import { loadRecipe } from '../../dsl/compile/load.ts'
import { setOption } from './options.ts'
import { exitCodes, printDiagnostics } from './recipe.ts'

/** The command. */
export function command(): Command {
  return new Command('check')
    .description('Says what is wrong with recipes: where, what, and the edit that mends it. Nothing is run.')
    .argument('<recipe...>', 'recipe files')
    .addOption(setOption())
    .option('--json', 'print diagnostics as JSON')
    .addHelpText(
      'after',
      `
Examples:
  terroir check recipes/*.yaml
  terroir check recipe.yaml --set params.tile=64
  terroir check recipe.yaml --json`,
    )
    .action(check)
}

async function check(
  files: readonly string[],
  options: { readonly set?: readonly string[]; readonly json?: true },
): Promise<void> {
  const loaded = []
  for (const file of files) loaded.push(await loadRecipe(file, { sets: options.set }))
  const diagnostics = loaded.flatMap(recipe => recipe.diagnostics)
  const bad = loaded.filter(recipe => !isClean(recipe.diagnostics)).length
  if (bad > 0) process.exitCode = exitCodes.badRecipe
  if (options.json) {
    process.stdout.write(`${renderJson(diagnostics)}\n`)
    return
  }
  printDiagnostics(diagnostics)
  if (bad === 0) process.stdout.write(`${files.length === 1 ? `${files[0]} is` : `${files.length} recipes are`} fine\n`)
}
