/** Fields that are written and that nothing reads, as other fields of the same entry stand. */

import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import { sourceKind } from '../kinds/registry.ts'
import { locate, type ValuePath } from '../values/located.ts'
import { type Checked, keyAt } from './names.ts'

/** A warning for each: `resize` where images are stored as they are, `captions.split` where no column is read. */
export function checkIdle(checked: Checked): readonly Diagnostic[] {
  return Object.entries(checked.recipe.sources).flatMap(([name, source]) =>
    (sourceKind(source).idle?.(source) ?? []).flatMap(({ at, without }) =>
      idle(checked, ['sources', name, ...at], without),
    ),
  )
}

function idle(checked: Checked, path: ValuePath, without: string): readonly Diagnostic[] {
  if (locate(checked.tree, path)?.key === undefined) return []
  return [
    diagnose('unused-entry', keyAt(checked, path), {
      severity: 'warning',
      message: `Nothing reads '${path.at(-1)}' without a field such as '${without}'`,
      fix: { hint: 'give that, or remove this' },
    }),
  ]
}
