/** `terroir git-setup`: git compares recipes by meaning and merges locks by stage. */
import { Command } from 'commander'
import { setUpGit, undoGitSetup } from '../app/git_setup.ts'
import { printLine } from './print.ts'

interface GitSetupFlags {
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
    .action((folders: readonly string[], flags: GitSetupFlags) => {
      const lines = flags.undo ? undo(flags) : setUp(folders, flags)
      printLine([...lines, ...(flags.dryRun ? ['nothing was written (--dry-run)'] : [])].join('\n'))
    })
}

function setUp(folders: readonly string[], { dryRun }: GitSetupFlags): readonly string[] {
  const { attributes, settings } = setUpGit({ folders, dryRun })
  return [
    '.gitattributes',
    ...attributes.map(line => `  ${line}`),
    'git config --local',
    ...settings.map(([name, value]) => `  ${name} = ${value}`),
  ]
}

function undo({ dryRun }: GitSetupFlags): readonly string[] {
  undoGitSetup({ dryRun })
  return [
    'removed: the lines of terroir in .gitattributes',
    'removed: diff.terroir and merge.terroir of git config --local',
  ]
}
