/** Faults of parameters that many places have in common: each is told once. */
import { type Diagnostic, diagnose, replaceWith } from '../diagnostics/diagnostic.ts'
import { suggest } from '../diagnostics/suggest.ts'
import { recipeSchema } from '../schema/schema_node.ts'
import type { LocatedMap } from '../values/located.ts'
import { substitute } from './parameters.ts'

/**
 * A recipe whose parameters stand under `params`. Where they stand under a misspelt name, or under an unknown one that has
 * every parameter which is inserted, that is the one fault.
 */
export function withParameters(recipe: LocatedMap): {
  readonly tree: LocatedMap
  readonly faults: readonly Diagnostic[]
} {
  if (recipe.entries.has('params')) return { tree: recipe, faults: [] }
  const { used } = substitute(recipe, new Map())
  if (used.size === 0) return { tree: recipe, faults: [] }
  const known = Object.keys(recipeSchema.properties ?? {})
  const misnamed = [...recipe.entries].find(
    ([name, { value }]) =>
      !known.includes(name) &&
      value.kind === 'map' &&
      (suggest(name, known) === 'params' || [...used].every(parameter => value.entries.has(parameter))),
  )
  if (misnamed === undefined) return { tree: recipe, faults: [] }
  const [name, entry] = misnamed
  const fault = diagnose('unknown-key', entry.key, {
    message: `'${name}' is no key here`,
    ...replaceWith(entry.key, 'params'),
  })
  const entries = [...recipe.entries].map(([key, value]) => [key === name ? 'params' : key, value] as const)
  return { tree: { ...recipe, entries: new Map(entries) }, faults: [fault] }
}

/** Faults in which each unknown parameter is told at the first place that inserts it, with the next as a note. */
export function onceForEachName(faults: readonly Diagnostic[]): readonly Diagnostic[] {
  const firsts = new Map<string, Diagnostic>()
  for (const fault of faults) {
    const { code, message, span } = fault
    const name = code === 'unknown-parameter' ? message : `${span.source.path} ${span.start} ${message}`
    const first = firsts.get(name)
    if (first === undefined) firsts.set(name, fault)
    else if (first.related.length === 0)
      firsts.set(name, { ...first, related: [{ span, message: 'inserted here, too' }] })
  }
  return [...firsts.values()]
}
