/** Checks of numbers that must be consistent: sizes that do not divide, reversed ranges, budgets below one step. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import { definedEntries, findingDiagnostics } from './entries.ts'
import type { Checked } from './names.ts'

/** One diagnostic for each finding of a kind about its own entry. */
export const checkShapes = (checked: Checked): readonly Diagnostic[] =>
  definedEntries(checked.recipe).flatMap(({ path, findings }) => findingDiagnostics(checked, path, findings()))
