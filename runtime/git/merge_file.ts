/** Git's own merge of texts. */

import { execaSync } from 'execa'
import { UserFault } from '../../dsl/diagnostics/faults.ts'

/** Merges `theirs` into the file `ours`; false where conflicts are left in it. Throws where git cannot merge at all. */
export function tryGitMerge(
  base: string,
  { ours, theirs }: { readonly ours: string; readonly theirs: string },
): boolean {
  const { exitCode = 255, stderr } = execaSync('git', ['merge-file', ours, base, theirs], { reject: false })
  if (exitCode > 127) throw new UserFault(`git cannot merge '${ours}': ${stderr.trim()}`)
  return exitCode === 0
}
