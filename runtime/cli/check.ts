/** `terroir check`: finds mistakes in recipes. */
import { resolve } from 'node:path'
import { Command } from 'commander'
import { renderJson } from '../../dsl/diagnostics/render.ts'
import { type CheckResult, check } from '../app/check.ts'
import { clearScreen } from './live/screen.ts'
import { setOption } from './options.ts'
import { exitCodes, printLine, tellDiagnostics } from './print.ts'
import { tellEmptyFolders } from './recipe_folders.ts'

interface CheckFlags {
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
    .action(async (paths: readonly string[], flags: CheckFlags) => {
      await (flags.watch ? checkRepeatedly(paths, flags) : checkOnce(paths, flags))
    })
}

async function checkOnce(paths: readonly string[], flags: CheckFlags): Promise<CheckResult> {
  const result = await check(paths, flags)
  const { files, diagnostics, emptyFolders, isSound } = result
  tellEmptyFolders(emptyFolders)
  if (!isSound) process.exitCode = exitCodes.badRecipe
  if (flags.json) printLine(renderJson(diagnostics))
  else tellDiagnostics(diagnostics)
  if (isSound && !flags.json && (flags.watch || process.stdout.isTTY))
    printLine(`${files.length === 1 ? `${files[0]} is` : `${files.length} recipes are`} fine`)
  return result
}

/** Checks until it is interrupted. Each check starts on a clean screen where people watch, and is appended elsewhere. */
async function checkRepeatedly(paths: readonly string[], flags: CheckFlags): Promise<void> {
  const { watchFiles } = await import('./watch.ts')
  let checking = Promise.resolve()
  const watch = watchFiles(() => {
    checking = checking.then(checkNow)
  })
  process.once('SIGINT', () => {
    watch.close()
    process.exitCode = exitCodes.interrupted
  })
  async function checkNow(): Promise<void> {
    if (process.stdout.isTTY && !flags.json) clearScreen(process.stdout)
    const { recipes } = await checkOnce(paths, flags)
    watch.follow([...paths.map(path => resolve(path)), ...recipes.flatMap(({ files }) => files)])
    if (!flags.json) printLine('Watching for changes')
  }
  await checkNow()
}
