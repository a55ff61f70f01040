/** `terroir merge-lock`: git's merge driver for locks; see `terroir git-setup`. */
import { Command } from 'commander'
import { mergeLockFiles } from '../app/git_text.ts'
import { exitCodes, tellLine } from './print.ts'

/** The command. */
export function command(): Command {
  return new Command('merge-lock')
    .description(
      "Merges the lock THEIRS into OURS, both made from BASE: git's merge driver for locks. What both sides changed stays a conflict, which terroir lock settles.",
    )
    .argument('<base>', 'lock that both come from (%O); may be empty')
    .argument('<ours>', 'lock of this branch, which is overwritten (%A)')
    .argument('<theirs>', 'lock of the other branch (%B)')
    .addHelpText('after', '\nExit codes: 0 merged, 1 conflicts are left, with markers around them.')
    .action(async (base: string, ours: string, theirs: string) => {
      const { isMerged, conflicts } = await mergeLockFiles(base, { ours, theirs })
      if (conflicts.length > 0)
        tellLine(`Both sides changed ${conflicts.join(', ')}; run terroir lock once the recipe is merged`)
      if (!isMerged) process.exitCode = exitCodes.failedWork
    })
}
