/** Decides between the readings of scalars that YAML 1.1 and YAML 1.2 read differently, by the types of their fields. */
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import { chosenSchema, recipeSchema, resolved, type SchemaNode } from '../schema/schema_node.ts'
import type { Located, LocatedEntry, LocatedMap, LocatedScalar } from '../values/located.ts'
import { isOfType } from './fits.ts'

/** Recipes have the same values, whatever their order of keys, in all variants that share them. */
interface Decided {
  readonly schema: SchemaNode
  readonly value: Located
}

/** Values of these sections get a type where they are inserted. */
const untyped = new Set(['params', 'matrix'])

/**
 * Makes a function that decides every ambiguous scalar of a recipe whose parameters are inserted, and reports those of
 * which a field takes several readings. Where a field takes none, the schema says so. Nodes without such scalars stay
 * the same objects, and those that variants have in common are decided once.
 */
export function createDecider(): (recipe: LocatedMap) => {
  readonly value: LocatedMap
  readonly diagnostics: readonly Diagnostic[]
} {
  const known = new Map<Located, Decided>()
  let diagnostics: Diagnostic[] = []

  function decide(node: Located, schema: SchemaNode): Located {
    if (node.kind === 'scalar') return decideScalar(node, schema)
    const before = known.get(node)
    if (before?.schema === schema) return before.value
    const value = decideParts(node, resolved(chosenSchema(schema, node)))
    known.set(node, { schema, value })
    return value
  }

  function decideParts(node: Exclude<Located, LocatedScalar>, schema: SchemaNode): Located {
    if (node.kind === 'list') {
      const { items: itemSchema } = schema
      if (itemSchema === undefined) return node
      const items = node.items.map(item => decide(item, itemSchema))
      return items.every((item, index) => item === node.items[index]) ? node : { ...node, items }
    }
    return decideFields(node, schema)
  }

  function decideFields(node: LocatedMap, schema: SchemaNode): LocatedMap {
    const { additionalProperties: others } = schema
    let changed: Map<string, LocatedEntry> | undefined
    for (const [name, { key, value }] of node.entries) {
      const field = schema.properties?.[name] ?? (typeof others === 'object' ? others : undefined)
      // An unknown key has a diagnostic of its own.
      if (field === undefined || (schema === recipeSchema && untyped.has(name))) continue
      const decided = decide(value, field)
      if (decided === value) continue
      changed ??= new Map(node.entries)
      changed.set(name, { key, value: decided })
    }
    return changed ? { ...node, entries: changed } : node
  }

  function decideScalar(node: LocatedScalar, schema: SchemaNode): LocatedScalar {
    const { ambiguity, ...rest } = node
    if (ambiguity === undefined) return node
    const fitting = ambiguity.readings.filter(({ value }) => isOfType(schema, value))
    const [first, second] = fitting
    if (first === undefined) return rest
    if (second !== undefined)
      diagnostics.push(
        undecided(
          node,
          fitting.map(({ spelling }) => spelling),
        ),
      )
    return { ...rest, value: first.value }
  }

  return recipe => {
    diagnostics = []
    const value = decideFields(recipe, recipeSchema)
    return { value, diagnostics }
  }
}

/** An ambiguous scalar whose place takes several of its readings. */
export function undecided(node: LocatedScalar, spellings: readonly string[]): Diagnostic {
  const { span } = node.origin ?? node
  const written = span.source.text.slice(span.start, span.end)
  const [text = ''] = spellings
  return diagnose('ambiguous-scalar', span, {
    message: `'${written}' is ${node.ambiguity?.words ?? 'ambiguous'}`,
    fix: { hint: `write ${spellings.join(' or ')}`, edit: { span, text } },
  })
}
