/** A checked recipe as stages in topological order. */
import type { FilledRecipe } from '../check/filled.ts'
import type { Draft, Expanding } from './draft.ts'
import { expandFilter, expandSource } from './expand_data.ts'
import { expandDistill, expandEvaluation, expandModel, expandTrain } from './expand_model.ts'

/** Stages that make data and tokenizers, which need no others; in the order of the recipe as far as inputs allow. */
export function expandData(recipe: FilledRecipe): readonly Draft[] {
  const expanding: Expanding = { recipe, seed: recipe.seed }
  return topological([
    ...Object.entries(recipe.sources).flatMap(([name, entry]) => expandSource(name, entry, expanding)),
    ...Object.entries(recipe.filters).map(([name, entry]) => expandFilter(name, entry, expanding)),
    ...Object.entries(recipe.models).map(([name, entry]) => expandModel(name, entry, expanding)),
  ])
}

/** Whether two variants make the same data. What variants have in common is one object, so this looks at no values. */
export function haveSameData(a: FilledRecipe, b: FilledRecipe): boolean {
  return a.sources === b.sources && a.filters === b.filters && a.models === b.models && a.seed === b.seed
}

/** Stages that train, distill and evaluate, in the order of the recipe as far as inputs allow. */
export function expandModels(recipe: FilledRecipe): readonly Draft[] {
  const expanding: Expanding = { recipe, seed: recipe.seed }
  return topological([
    ...Object.entries(recipe.train).flatMap(([name, entry]) => expandTrain(name, entry, expanding)),
    ...Object.entries(recipe.distill).flatMap(([name, entry]) => expandDistill(name, entry, expanding)),
    ...Object.entries(recipe.evaluate).map(([name, entry]) => expandEvaluation(name, entry, expanding)),
  ])
}

/** Each stage after its inputs, else as given. There are no cycles: references were checked. */
function topological(drafts: readonly Draft[]): readonly Draft[] {
  const byId = new Map(drafts.map(draft => [draft.id, draft]))
  const ordered = new Set<Draft>()
  function visit(draft: Draft): void {
    for (const { stage } of Object.values(draft.inputs)) {
      const before = byId.get(stage)
      if (before && !ordered.has(before)) visit(before)
    }
    ordered.add(draft)
  }
  for (const draft of drafts) visit(draft)
  return [...ordered]
}
