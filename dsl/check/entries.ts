/** The entries of a recipe with the definitions of their kinds, for checks that are the same in every section. */
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import type { DataNeed, Entry, EntryDefinition, Finding, StageMetrics, UnusedField } from '../kinds/definition.ts'
import type { FilledRecipe } from '../kinds/filled.ts'
import { distill, evaluationKind, filterKind, modelKind, sourceKind, train } from '../kinds/registry.ts'
import type { ValuePath } from '../values/located.ts'
import { architectureOf, type Checked, spanAt } from './names.ts'

/** An entry of a section, and the functions of its definition applied to it. */
export interface DefinedEntry {
  /** The section and the name. */
  readonly path: readonly [string, string]
  metrics(): readonly StageMetrics[]
  findings(): readonly Finding[]
  unusedFields(): readonly UnusedField[]
  dataNeeds(): readonly DataNeed[]
}

/** Every entry of a recipe but its claims, in the order of the sections. */
export function definedEntries(recipe: FilledRecipe): readonly DefinedEntry[] {
  const modelOf = ({ model }: { readonly model: string }) => architectureOf(recipe, model)
  return [
    ...ofSection('sources', recipe.sources, { definitionOf: sourceKind }),
    ...ofSection('filters', recipe.filters, { definitionOf: filterKind }),
    ...ofSection('models', recipe.models, { definitionOf: modelKind }),
    ...ofSection('train', recipe.train, { definitionOf: () => train }),
    ...ofSection('distill', recipe.distill, { definitionOf: () => distill, modelOf }),
    ...ofSection('evaluate', recipe.evaluate, { definitionOf: evaluationKind, modelOf }),
  ]
}

interface SectionDefinition<Filled> {
  readonly definitionOf: (entry: Filled) => EntryDefinition<Filled>
  /** The architecture behind the model that an entry names. */
  readonly modelOf?: (entry: Filled) => Entry<'models'> | undefined
}

const ofSection = <Filled>(
  section: string,
  entries: { readonly [name: string]: Filled },
  { definitionOf, modelOf }: SectionDefinition<Filled>,
): readonly DefinedEntry[] =>
  Object.entries(entries).map(([name, entry]) => ({
    path: [section, name],
    metrics: () => definitionOf(entry).metrics(name, entry),
    findings: () => definitionOf(entry).check?.(entry, modelOf?.(entry)) ?? [],
    unusedFields: () => definitionOf(entry).unusedFields?.(entry) ?? [],
    dataNeeds: () => definitionOf(entry).dataNeeds?.(entry) ?? [],
  }))

/** The findings of an entry as diagnostics. */
export const findingDiagnostics = (
  checked: Checked,
  entry: ValuePath,
  findings: readonly Finding[],
): readonly Diagnostic[] =>
  findings.map(({ code, at, ...words }) => diagnose(code, spanAt(checked, [...entry, ...at]), words))
