/** Datasets of a recipe: their splits, and the sources that they come from. */
import type { FilledRecipe } from '../kinds/filled.ts'
import { filterKind, sourceKind } from '../kinds/registry.ts'
import { filteredBy, splitReference } from './names.ts'

/** A source that samples of a dataset come from, and its split if only one is read. */
export interface Origin {
  readonly source: string
  readonly split?: string
}

/**
 * The splits of a dataset without the empty ones; none for a crawl, or if a filter reads one split only. If files give
 * the splits, which are not read before a run, it may have all three.
 */
export function splitsOf(recipe: FilledRecipe, name: string): readonly string[] {
  return splitsWithin(recipe, name, new Set())
}

function splitsWithin(recipe: FilledRecipe, name: string, passed: ReadonlySet<string>): readonly string[] {
  const source = Object.hasOwn(recipe.sources, name) ? recipe.sources[name] : undefined
  if (source !== undefined) return sourceKind(source).provides(source).splits
  const filter = filterNamed(recipe, name, passed)
  if (filter === undefined) return []
  const within = new Set([...passed, name])
  const parts = filteredBy(filter).map(({ text }) => {
    const { name, part } = splitReference(text)
    return { part, splits: splitsWithin(recipe, name, within) }
  })
  if (filterKind(filter).isUnion !== true)
    return parts.flatMap(({ part, splits }) => (part === undefined ? splits : []))
  const all = parts.map(({ part, splits }) => (part === undefined ? splits : [part]))
  const found = new Set(all.flat())
  if (found.size > 0 && all.some(splits => splits.length === 0)) found.add('train')
  return ['train', 'val', 'test'].filter(split => found.has(split))
}

/** The filter of a name; undefined where it is unknown or part of a cycle. */
function filterNamed({ filters }: FilledRecipe, name: string, passed: ReadonlySet<string>) {
  return Object.hasOwn(filters, name) && !passed.has(name) ? filters[name] : undefined
}

/** The sources of a reference, one unless datasets are joined. None if a name is unknown or part of a cycle. */
export function originsOf(recipe: FilledRecipe, reference: string): readonly Origin[] {
  return originsWithin(recipe, reference, new Set())
}

function originsWithin(recipe: FilledRecipe, reference: string, passed: ReadonlySet<string>): readonly Origin[] {
  const { name, part } = splitReference(reference)
  if (Object.hasOwn(recipe.sources, name)) return [{ source: name, ...(part !== undefined && { split: part }) }]
  const filter = filterNamed(recipe, name, passed)
  if (filter === undefined) return []
  const within = new Set([...passed, name])
  const isUnion = filterKind(filter).isUnion === true
  return filteredBy(filter).flatMap(({ text }) => {
    const from = splitReference(text)
    if (part === undefined) return originsWithin(recipe, text, within)
    // A dataset without splits is joined to those with splits as training data.
    const isWhole = isUnion && from.part === undefined && splitsOf(recipe, from.name).length === 0
    if (isWhole) return part === 'train' ? originsWithin(recipe, from.name, within) : []
    if (isUnion && from.part !== undefined && from.part !== part) return []
    return originsWithin(recipe, `${from.name}.${part}`, within)
  })
}

/** The split that training reads: the one that is named, else `train` where the dataset has splits. */
export function trainingSplit(recipe: FilledRecipe, reference: string): string | undefined {
  const { name, part } = splitReference(reference)
  return part ?? (splitsOf(recipe, name).length > 0 ? 'train' : undefined)
}
