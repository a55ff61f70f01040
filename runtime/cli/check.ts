/** `terroir check`: finds what is wrong with recipes. */
import { resolve } from 'node:path'
import { Command } from 'commander'
import { type LoadedRecipe, loadRecipe } from '../../dsl/compile/load.ts'
import { type Diagnostic, isClean } from '../../dsl/diagnostics/diagnostic.ts'
import { renderJson } from '../../dsl/diagnostics/render.ts'
import { setOption } from './options.ts'
import { exitCodes, printDiagnostics } from './recipe.ts'
import { recipeFiles } from './recipe_files.ts'

interface Flags {
  readonly set?: readonly string[]
  readonly json?: true
  readonly watch?: true
}

/** The command. */
export function command(): Command {
  return new Command('check')
    .description(
      'Says what is wrong with recipes: where, what, and the edit that mends it. Nothing is run, and nothing printed where all is fine.',
    )
    .argument('<recipe...>', 'recipe files, or folders of them')
    .addOption(setOption())
    .option('--json', 'print diagnostics as JSON, in the form of the Language Server Protocol')
    .option('--watch', 'check again whenever a recipe, or what it extends or imports, changes')
    .addHelpText(
      'after',
      `
Examples:
  terroir check recipes
  terroir check recipe.yaml --set params.tile=64
  terroir check recipe.yaml --watch`,
    )
    .action(async (given: readonly string[], flags: Flags) => {
      await (flags.watch ? checkAgain(given, flags) : check(given, flags))
    })
}

async function check(given: readonly string[], flags: Flags): Promise<readonly LoadedRecipe[]> {
  const files = recipeFiles(given)
  const loaded: LoadedRecipe[] = []
  for (const file of files) loaded.push(await loadRecipe(file, { sets: flags.set }))
  const diagnostics = distinct(loaded.flatMap(recipe => recipe.diagnostics))
  const isFine = loaded.length > 0 && loaded.every(recipe => isClean(recipe.diagnostics))
  if (!isFine) process.exitCode = exitCodes.badRecipe
  if (flags.json) process.stdout.write(`${renderJson(diagnostics)}\n`)
  else printDiagnostics(diagnostics)
  if (isFine && !flags.json && (flags.watch || process.stdout.isTTY))
    process.stdout.write(`${files.length === 1 ? `${files[0]} is` : `${files.length} recipes are`} fine\n`)
  return loaded
}

/** What recipes share that extend one file is told once. */
function distinct(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const nameOf = ({ code, message, span }: Diagnostic): string =>
    JSON.stringify([span.source.path, span.start, span.end, code, message])
  return [...new Map(diagnostics.map(diagnostic => [nameOf(diagnostic), diagnostic])).values()]
}

/** Checks until it is interrupted. Each look starts on a clean screen where people watch, and is appended elsewhere. */
async function checkAgain(given: readonly string[], flags: Flags): Promise<void> {
  const { watchFiles } = await import('./watch.ts')
  let looking = Promise.resolve()
  const watch = watchFiles(() => {
    looking = looking.then(look)
  })
  process.once('SIGINT', () => {
    watch.close()
    process.exitCode = exitCodes.interrupted
  })
  async function look(): Promise<void> {
    if (process.stdout.isTTY && !flags.json) process.stdout.write('\x1b[2J\x1b[3J\x1b[H')
    const loaded = await check(given, flags)
    watch.follow([...given.map(path => resolve(path)), ...loaded.flatMap(({ files }) => files)])
    if (!flags.json) process.stdout.write('Watching for changes\n')
  }
  await look()
}
