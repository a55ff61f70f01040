/** Turns references between values of a TypeScript recipe into names of entries. */
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import type { Located, LocatedEntry, LocatedMap, LocatedScalar, Span } from '../values/located.ts'
import { sections } from '../values/sections.ts'
import type { BuilderUse, Evaluating } from './evaluating.ts'

/** Sections whose entries others refer to. */
const referable: readonly string[] = sections.filter(section => section !== 'claims')

/** The recipe with every use of an entry replaced by the entry's name, and the faults of the uses. */
export function wire(
  root: Located,
  state: Evaluating,
): { readonly value: Located; readonly diagnostics: readonly Diagnostic[] } {
  if (root.kind !== 'map') return { value: root, diagnostics: [] }
  const diagnostics: Diagnostic[] = []
  const names = namesOf(root, state)
  const unnamed = new Set<Located>()

  function nameOf({ target, part }: BuilderUse, span: Span): LocatedScalar {
    const name = names.get(target)
    if (name === undefined && !unnamed.has(target)) {
      unnamed.add(target)
      diagnostics.push(
        diagnose('unknown-reference', target.span, {
          message: 'This has no name in the recipe',
          related: [{ span, message: 'used here' }],
          fix: { hint: `add it to one of ${referable.join(', ')}` },
        }),
      )
    }
    return { kind: 'scalar', value: part === undefined ? (name ?? '') : `${name ?? ''}.${part}`, span }
  }

  function wired(node: Located): Located {
    const used = state.uses.get(node)
    if (used) return nameOf(used, node.span)
    const role = state.made.get(node)?.role
    if (role === 'mix' && node.kind === 'list') return mixed(node.items, node.span)
    if (role !== undefined && role !== 'part') return nameOf({ target: node }, node.span)
    return fieldsOf(node)
  }

  /** Pairs of dataset and weight. */
  function mixed(pairs: readonly Located[], span: Span): LocatedMap {
    const entries = new Map<string, LocatedEntry>()
    for (const pair of pairs) {
      const [dataset, weight] = pair.kind === 'list' ? pair.items.map(wired) : []
      if (dataset?.kind === 'scalar' && weight) entries.set(String(dataset.value), { key: dataset.span, value: weight })
      else diagnostics.push(diagnose('type-mismatch', pair.span, { message: 'A mix is made of [dataset, weight]' }))
    }
    return { kind: 'map', entries, span }
  }

  function fieldsOf(node: Located): Located {
    if (node.kind === 'scalar') return node
    if (node.kind === 'list') return { ...node, items: node.items.map(wired) }
    const entries = [...node.entries].map(([name, { key, value }]) => [name, { key, value: wired(value) }] as const)
    return { ...node, entries: new Map(entries) }
  }

  const entries = [...root.entries].map(([section, { key, value }]): [string, LocatedEntry] => {
    if (!referable.includes(section) || value.kind !== 'map') return [section, { key, value: wired(value) }]
    const own = [...value.entries].map(
      ([name, entry]) => [name, { key: entry.key, value: fieldsOf(entryOf(entry.value, state)) }] as const,
    )
    return [section, { key, value: { ...value, entries: new Map(own) } }]
  })
  return { value: { ...root, entries: new Map(entries) }, diagnostics }
}

/** The entry itself, where a section names one by the constant that holds it. */
const entryOf = (value: Located, { uses }: Evaluating): Located => uses.get(value)?.target ?? value

function namesOf(root: LocatedMap, state: Evaluating): ReadonlyMap<Located, string> {
  const names = new Map<Located, string>()
  // Entries of a misspelt section keep their names, so that the section is the only fault.
  const others = [...root.entries.keys()].filter(key => !referable.includes(key))
  for (const section of [...referable, ...others]) {
    const value = root.entries.get(section)?.value
    for (const [name, entry] of value?.kind === 'map' ? value.entries : []) {
      const target = entryOf(entry.value, state)
      if (!names.has(target)) names.set(target, name)
    }
  }
  return names
}
