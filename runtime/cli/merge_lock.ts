/** `terroir merge-lock`: git's merge driver for locks; see `terroir git-setup`. */
import { readFile, writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { mergeLocks } from '../../dsl/compile/lock_merge.ts'
import { parseLock } from '../../dsl/compile/lock_text.ts'
import { tryGitMerge } from '../git/merge_file.ts'
import { exitCodes } from './recipe.ts'

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
    .action(merge)
}

async function merge(base: string, ours: string, theirs: string): Promise<void> {
  const texts = await Promise.all([base, ours, theirs].map(file => readFile(file, 'utf8')))
  const [before, left, right] = texts.map(parseLock)
  // A file that only ends like a lock is merged as git merges any text.
  if (left === undefined || right === undefined) {
    if (!tryGitMerge(base, { ours, theirs })) process.exitCode = exitCodes.failedWork
    return
  }
  const { text, conflicts } = mergeLocks(before, { ours: left, theirs: right }, { ours: 'ours', theirs: 'theirs' })
  await writeFile(ours, text)
  if (conflicts.length === 0) return
  process.stderr.write(`Both sides changed ${conflicts.join(', ')}; run terroir lock once the recipe is merged\n`)
  process.exitCode = exitCodes.failedWork
}
