/** Datasets of a recipe: their splits, and the sources that they come from. */
import type { FilledRecipe } from '../kinds/filled.ts'
import { sourceKind } from '../kinds/registry.ts'
import { splitReference } from './names.ts'

/**
 * The splits of a dataset without the empty ones; none for a crawl, or if a filter reads one split only. If files give
 * the splits, which are not read before a run, it may have all three.
 */
export function splitsOf(recipe: FilledRecipe, name: string): readonly string[] {
  const { source, split } = originOf(recipe, name)
  const entry = source === undefined ? undefined : recipe.sources[source]
  return entry === undefined || split !== undefined ? [] : sourceKind(entry).provides(entry).splits
}

/** The source of a reference, and its split if only one is read. No source if a name is unknown or part of a cycle. */
export function originOf(
  recipe: FilledRecipe,
  reference: string,
): { readonly source?: string; readonly split?: string } {
  let { name, part: split } = splitReference(reference)
  for (let steps = 0; steps <= Object.keys(recipe.filters).length; steps++) {
    if (Object.hasOwn(recipe.sources, name)) return { source: name, ...(split === undefined ? {} : { split }) }
    const filter = Object.hasOwn(recipe.filters, name) ? recipe.filters[name] : undefined
    if (filter === undefined) return {}
    const from = splitReference(filter.from)
    name = from.name
    split ??= from.part
  }
  return {}
}

/** The split that training reads: the one that is named, else `train` where the dataset has splits. */
export function trainingSplit(recipe: FilledRecipe, reference: string): string | undefined {
  const { name, part } = splitReference(reference)
  return part ?? (splitsOf(recipe, name).length > 0 ? 'train' : undefined)
}
