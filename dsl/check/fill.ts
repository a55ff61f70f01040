/** Turns a valid located recipe into the filled one, by the schema: defaults, quantities, paths, order of keys. */
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import type { Dimensions, NamedSizes } from '../kinds/definition.ts'
import type { FilledRecipe } from '../kinds/filled.ts'
import { modelKinds } from '../kinds/registry.ts'
import { chosenSchema, definitionName, recipeSchema, resolved, type SchemaNode } from '../schema/schema_node.ts'
import type { Located, LocatedEntry, LocatedMap, LocatedScalar, Span } from '../values/located.ts'
import { isQuantity, parseQuantity } from '../values/quantities.ts'

/**
 * Makes a function that fills recipes that have passed the schema. Paths, which are relative to the file that names
 * them, become relative to `folder`, with `/` between names. Values that variants of a recipe have in common are filled
 * once and shared between them.
 */
export function createFiller(folder: string): (recipe: Located) => FilledRecipe {
  const known = new Map<Located, { readonly schema: SchemaNode; readonly value: unknown }>()
  // Defaults hold no paths, so one is filled alike wherever it is missing.
  const defaults = new Map<SchemaNode, unknown>()

  function fill(schema: SchemaNode, node: Located): unknown {
    if (node.kind === 'scalar') return fillScalar(definitionName(chosenSchema(schema, node)), node, folder)
    // An alias may use one value under two schemas.
    const before = known.get(node)
    if (before?.schema === schema) return before.value
    const value =
      node.kind === 'list'
        ? node.items.map(item => fill(resolved(chosenSchema(schema, node)).items ?? {}, item))
        : fillMap(schema, node)
    known.set(node, { schema, value })
    return value
  }

  function fillMap(schema: SchemaNode, written: LocatedMap): unknown {
    const target = resolved(chosenSchema(schema, written))
    const node = withDimensions(written, target.properties?.kind?.const)
    const filled = new Map<string, unknown>()
    for (const [name, property] of Object.entries(target.properties ?? {})) {
      const entry = node.entries.get(name)
      if (entry) filled.set(name, fill(property, entry.value))
      else if (property.default !== undefined) filled.set(name, defaultOf(property, node.span))
    }
    if (typeof target.additionalProperties === 'object')
      for (const [name, entry] of node.entries)
        if (!filled.has(name)) filled.set(name, fill(target.additionalProperties, entry.value))
    // Unlike assignment, this makes a field even of '__proto__'.
    return Object.fromEntries(filled)
  }

  function defaultOf(property: SchemaNode, span: Span): unknown {
    if (!defaults.has(property)) defaults.set(property, fill(property, unwritten(property.default, span)))
    return defaults.get(property)
  }

  // The schema is generated from the type that FilledRecipe is made of, and the value has passed it.
  return recipe => fill(recipeSchema, recipe) as FilledRecipe
}

function fillScalar(definition: string | undefined, { value, span, origin }: LocatedScalar, folder: string): unknown {
  if (typeof value !== 'string') return value
  if (isQuantity(definition)) return parseQuantity(value, definition)
  if (definition !== 'Path' || isAbsolute(value)) return value
  return relative(folder, join(dirname((origin?.span ?? span).source.path), value))
    .split(sep)
    .join('/')
}

/**
 * A model with the dimensions of its size or architecture where it writes none; other mappings as they are. The MLP of a
 * size is used only with the width of that size.
 */
function withDimensions(model: LocatedMap, kind: unknown): LocatedMap {
  const sizes = modelKinds.find(definition => definition.kind === kind)?.sizes
  if (sizes === undefined) return model
  const named = model.entries.get(sizes.field)?.value
  const size = dimensionsOf(sizes, named?.kind === 'scalar' ? named.value : undefined)
  const hasWidth = (tower: string): boolean => {
    const node = model.entries.get(tower)?.value
    return node?.kind === 'map' && node.entries.has('width')
  }
  const towers = (['vision', 'text'] as const).map(tower => {
    const { mlp, ...rest } = size[tower]
    return [tower, { ...rest, ...(mlp !== undefined && !hasWidth(tower) && { mlp }) }] as const
  })
  return over(model, unwritten({ ...size, ...Object.fromEntries(towers) }, model.span))
}

/** The dimensions of a named size, or of the default size. */
function dimensionsOf({ dimensions, preset }: NamedSizes, name: unknown): Dimensions {
  const entries = Object.entries(dimensions)
  const found = entries.find(([key]) => key === name) ?? entries.find(([key]) => key === preset)
  if (found === undefined) throw new Error(`There is no size '${preset}'`)
  return found[1]
}

/** Merges the entries of `below` into a mapping where it has none, recursively in mappings that both have. */
function over(node: LocatedMap, below: Located): LocatedMap {
  if (below.kind !== 'map') return node
  const entries = new Map<string, LocatedEntry>([...below.entries, ...node.entries])
  for (const [name, { value }] of below.entries) {
    const entry = node.entries.get(name)
    if (entry?.value.kind === 'map') entries.set(name, { ...entry, value: over(entry.value, value) })
  }
  return { ...node, entries }
}

/** A default as a located value at the span of its mapping, so that its own fields are filled too. */
function unwritten(value: unknown, span: Span): Located {
  if (Array.isArray(value)) return { kind: 'list', items: value.map(item => unwritten(item, span)), span }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(
      ([name, field]) => [name, { key: span, value: unwritten(field, span) }] as const,
    )
    return { kind: 'map', entries: new Map(entries), span }
  }
  const isScalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  return { kind: 'scalar', value: isScalar ? value : null, span }
}
