/** A checked recipe as stages in topological order. */
import type { FilledRecipe } from '../check/filled.ts'
import type { Draft, Expanding } from './draft.ts'
import { expandFilter, expandSource } from './expand_data.ts'
import { expandDistill, expandEvaluation, expandModel, expandTrain } from './expand_model.ts'

/** Stages in the order of the recipe as far as their inputs allow. */
export function expand(recipe: FilledRecipe): readonly Draft[] {
  const expanding: Expanding = { recipe, seed: recipe.seed }
  return topological([
    ...Object.entries(recipe.sources).flatMap(([name, entry]) => expandSource(name, entry, expanding)),
    ...Object.entries(recipe.filters).map(([name, entry]) => expandFilter(name, entry, expanding)),
    ...Object.entries(recipe.models).map(([name, entry]) => expandModel(name, entry, expanding)),
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
