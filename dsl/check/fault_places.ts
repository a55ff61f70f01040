/** The places of faults: what is told there once is not told again, nor what follows from it. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import type { FilledRecipe } from '../kinds/filled.ts'
import type { Located, LocatedMap, LocatedScalar, Span } from '../values/located.ts'
import { sections } from '../values/sections.ts'
import { splitMetric } from './metrics.ts'
import { type Checked, references, splitReference } from './names.ts'

/** True if two spans have a place in common, or are the same empty one. */
export const overlap = (a: Span, b: Span): boolean =>
  a.source.path === b.source.path && (a.start === b.start || (a.start < b.end && b.start < a.end))

/** True if a value, or the parameter that gave it, is at the place of a fault. */
export const isAtFault = ({ span, origin }: LocatedScalar, faults: readonly Diagnostic[]): boolean =>
  faults.some(fault => overlap(fault.span, span) || (origin !== undefined && overlap(fault.span, origin.span)))

/** The faults that are not at the place of an earlier one, neither themselves nor by a value that a parameter gave. */
export const elsewhereThan = (earlier: readonly Diagnostic[], faults: readonly Diagnostic[]): readonly Diagnostic[] =>
  earlier.length === 0
    ? faults
    : faults.filter(
        ({ span, related }) =>
          !earlier.some(fault => [span, ...related.map(note => note.span)].some(at => overlap(fault.span, at))),
      )

/** Faults that may follow from earlier ones. */
export interface LaterFaults {
  readonly earlier: readonly Diagnostic[]
  readonly faults: readonly Diagnostic[]
  /** Links by which a fault of one entry is the cause of another's: to models only, or to datasets as well. */
  readonly by: 'models' | 'all links'
}

/**
 * The faults that do not follow from earlier ones: those of entries that neither have an earlier fault or a gap nor need
 * an entry that has, and those outside of entries.
 */
export function independentOf(
  { recipe, tree, gaps }: Checked,
  { earlier, faults, by }: LaterFaults,
): readonly Diagnostic[] {
  if (faults.length === 0 || (earlier.length === 0 && gaps === undefined)) return faults
  const owners = ownersOf(tree)
  const ownersAt = ({ span }: Diagnostic): readonly string[] => owners.get(placeOf(span)) ?? []
  const faulty = new Set([...earlier.flatMap(ownersAt), ...(gaps?.broken ?? [])])
  const isFaulty = createDependence(recipe, faulty, by)
  return faults.filter(fault => !ownersAt(fault).some(isFaulty))
}

/** Tests if an entry is one of these, or needs one of them. */
export function createDependence(
  recipe: FilledRecipe,
  faulty: ReadonlySet<string>,
  by: LaterFaults['by'] = 'all links',
): (name: string) => boolean {
  const needs = neededBy(recipe, by)
  const isFaulty = (name: string, trail: readonly string[]): boolean =>
    faulty.has(name) ||
    (!trail.includes(name) && (needs.get(name) ?? []).some(other => isFaulty(other, [...trail, name])))
  return name => isFaulty(name, [])
}

const placeOf = ({ source, start }: Span): string => `${source.path} ${start}`

/** The names that each entry names. */
function neededBy(recipe: FilledRecipe, by: LaterFaults['by']): ReadonlyMap<string, readonly string[]> {
  const needs = new Map<string, string[]>()
  const add = (user: string, used: string): void => {
    const known = needs.get(user)
    if (known === undefined) needs.set(user, [used])
    else known.push(used)
  }
  for (const { path, text, wants } of references(recipe))
    if (wants !== 'dataset' || by === 'all links') add(String(path[1]), splitReference(text).name)
  for (const [name, { metric, over }] of Object.entries(recipe.claims))
    for (const text of [metric, over ?? []].flat()) add(name, splitReference(splitMetric(text).stage).name)
  return needs
}

/** The entries by the places of their keys and values: several where an alias stands for a value in each. */
function ownersOf(tree: LocatedMap): ReadonlyMap<string, readonly string[]> {
  const owners = new Map<string, string[]>()
  function collect(name: string, node: Located): void {
    add(name, node.span)
    if (node.kind === 'list') for (const item of node.items) collect(name, item)
    if (node.kind === 'map')
      for (const { key, value } of node.entries.values()) {
        add(name, key)
        collect(name, value)
      }
  }
  function add(name: string, span: Span): void {
    const known = owners.get(placeOf(span))
    if (known === undefined) owners.set(placeOf(span), [name])
    else if (known.at(-1) !== name) known.push(name)
  }
  for (const section of sections) {
    const entries = tree.entries.get(section)?.value
    if (entries?.kind !== 'map') continue
    for (const [name, { key, value }] of entries.entries) {
      add(name, key)
      collect(name, value)
    }
  }
  for (const section of ['permissions', 'resources']) {
    const found = tree.entries.get(section)
    if (found !== undefined) collect(section, found.value)
  }
  return owners
}
