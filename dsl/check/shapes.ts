/** Checks of numbers that must be consistent: sizes that do not divide, reversed ranges, budgets below one step. */
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import type { Finding } from '../kinds/definition.ts'
import { distill, evaluationKind, filterKind, modelKind, sourceKind, train } from '../kinds/registry.ts'
import type { ValuePath } from '../values/located.ts'
import { architectureOf, type Checked, spanAt } from './names.ts'

/** One diagnostic for each finding of a kind about its own entry. */
export function checkShapes(checked: Checked): readonly Diagnostic[] {
  const { recipe } = checked
  const tell = (entry: ValuePath, findings: readonly Finding[] = []): readonly Diagnostic[] =>
    findings.map(({ code, at, ...words }) => diagnose(code, spanAt(checked, [...entry, ...at]), words))
  return [
    ...Object.entries(recipe.sources).flatMap(([name, entry]) =>
      tell(['sources', name], sourceKind(entry).check?.(entry)),
    ),
    ...Object.entries(recipe.filters).flatMap(([name, entry]) =>
      tell(['filters', name], filterKind(entry).check?.(entry)),
    ),
    ...Object.entries(recipe.models).flatMap(([name, entry]) =>
      tell(['models', name], modelKind(entry).check?.(entry)),
    ),
    ...Object.entries(recipe.train).flatMap(([name, entry]) => tell(['train', name], train.check(entry))),
    ...Object.entries(recipe.distill).flatMap(([name, entry]) =>
      tell(['distill', name], distill.check(entry, architectureOf(recipe, entry.model))),
    ),
    ...Object.entries(recipe.evaluate).flatMap(([name, entry]) =>
      tell(['evaluate', name], evaluationKind(entry).check?.(entry, architectureOf(recipe, entry.model))),
    ),
  ]
}
