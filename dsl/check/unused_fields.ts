/** Fields that are written but unused, given the other fields of their entry. */

import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import { locate, type ValuePath } from '../values/located.ts'
import { definedEntries } from './entries.ts'
import { type Checked, keyAt } from './names.ts'

/** A warning for each: `resize` if images are stored as they are, `captions.split` if no column of splits is read. */
export function checkUnusedFields(checked: Checked): readonly Diagnostic[] {
  return definedEntries(checked.recipe).flatMap(({ path, unusedFields }) =>
    unusedFields().flatMap(({ at, without }) => unusedField(checked, [...path, ...at], without)),
  )
}

function unusedField(checked: Checked, path: ValuePath, without: string): readonly Diagnostic[] {
  if (locate(checked.tree, path)?.key === undefined) return []
  return [
    diagnose('unused-entry', keyAt(checked, path), {
      severity: 'warning',
      message: `Nothing reads '${path.at(-1)}' without a field such as '${without}'`,
      fix: { hint: 'give that, or remove this' },
    }),
  ]
}
