/** `terroir git-setup`: git compares recipes by meaning and merges locks by stage. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, join, relative, sep } from 'node:path'
import { Command } from 'commander'
import { workTreeRoot } from '../git/git.ts'
import {
  attributeLines,
  gitSettings,
  installSettings,
  recipeFolders,
  removeSettings,
  withAttributes,
  writeAttributes,
} from '../git/setup.ts'
import { exitCodes } from './recipe.ts'

interface Flags {
  readonly dryRun?: true
  readonly undo?: true
}

const examples = `
Examples:
  terroir git-setup               for the folders that hold locked recipes
  terroir git-setup experiments   for this folder
  terroir git-setup --undo

Then 'git diff' and 'git log -p' show recipes with one setting a line, defaults
filled in and quantities in one spelling, and locks with metrics and claims;
'git merge' merges locks by stage. Commit .gitattributes; the rest is in the
repository's own config, so everybody runs git-setup once.

Git calls 'terroir textconv FILE' and 'terroir merge-lock BASE OURS THEIRS'.`

/** The command. */
export function command(): Command {
  return new Command('git-setup')
    .description('Lets git compare recipes by meaning and merge locks by stage, in this work tree.')
    .argument('[folder...]', 'folders of recipes (default: those that hold locked ones)')
    .option('--dry-run', 'say what would be written, and write nothing')
    .option('--undo', 'remove what git-setup wrote')
    .addHelpText('after', examples)
    .action(setup)
}

function setup(named: readonly string[], flags: Flags): void {
  const fault = install(named, flags)
  if (fault === undefined) return
  process.stderr.write(`error: ${fault}\n`)
  process.exitCode = exitCodes.badRecipe
}

/** Does it; returns why it cannot be done. */
function install(named: readonly string[], flags: Flags): string | undefined {
  const root = workTreeRoot()
  if (root === undefined) return 'This folder is in no git work tree; run git init first'
  const missing = named.find(folder => !existsSync(folder))
  if (missing !== undefined) return `There is no folder '${missing}'`
  const folders = named.map(
    folder =>
      relative(root, join('.', folder) || '.')
        .split(sep)
        .join('/') || '.',
  )
  const chosen = flags.undo ? [] : folders.length > 0 ? folders : recipeFolders(root)
  if (chosen.length === 0 && !flags.undo) return 'No folder here holds recipes yet; name those that will'

  const path = join(root, '.gitattributes')
  const present = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const text = withAttributes(present, attributeLines(chosen))
  const program = programText()
  if (!flags.dryRun) {
    if (text !== present) writeAttributes(path, text)
    if (flags.undo) removeSettings()
    else installSettings(program)
  }
  print(flags, { chosen, program })
  return undefined
}

function print(
  { undo, dryRun }: Flags,
  { chosen, program }: { readonly chosen: readonly string[]; readonly program: string },
) {
  const lines = undo
    ? [
        'removed: the lines of terroir in .gitattributes',
        'removed: diff.terroir and merge.terroir of git config --local',
      ]
    : [
        '.gitattributes',
        ...attributeLines(chosen).map(line => `  ${line}`),
        'git config --local',
        ...gitSettings(program).map(([name, value]) => `  ${name} = ${value}`),
      ]
  process.stdout.write(`${[...lines, ...(dryRun ? ['nothing was written (--dry-run)'] : [])].join('\n')}\n`)
}

/** How git starts this program: by its name where that is on PATH, else by its place. */
function programText(): string {
  const folders = (process.env.PATH ?? '').split(delimiter)
  if (folders.some(folder => isProgram(join(folder, 'terroir')))) return 'terroir'
  return [process.execPath, join(import.meta.dirname, './main.js')].map(quoted).join(' ')
}

/** Git hands settings to a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
