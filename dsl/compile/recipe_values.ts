/** A recipe's values by path, each with its spelling. */
import { chosenSchema, definitionName, recipeSchema, resolved, type SchemaNode } from '../schema/schema_node.ts'
import { canonical } from '../values/canonical.ts'
import { isRecord, type Json, toJson } from '../values/json.ts'
import { type Located, type LocatedMap, type LocatedScalar, locate, type Span } from '../values/located.ts'
import { printQuantity } from '../values/quantities.ts'
import type { Variant } from './load.ts'

/** A value of a recipe: a scalar, or a list that is no list of named entries. */
export interface RecipeValue {
  readonly kind: 'value'
  /** In base units. */
  readonly value: Json
  /** The written spelling, or that of the default. */
  readonly text: string
  readonly isDefault: boolean
  /** Definition of the schema, of a list that of its items: `Count`, `Distance`. */
  readonly definition?: string
  /** Name of the parameter that was inserted. */
  readonly param?: string
}

/** Named values. */
export interface RecipeMap {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, RecipeNode>
  /** True if the order of its entries has a meaning, as that of phases has. */
  readonly isOrdered: boolean
}

export type RecipeNode = RecipeValue | RecipeMap

/** The values of a variant of a recipe. */
export function recipeValues({ recipe, tree }: Variant): RecipeMap {
  const owners = parameterOwners(tree)

  function nodeOf(value: unknown, node: Located | undefined, schema: SchemaNode): RecipeNode {
    if (isRecord(value)) return mapOf(value, node, schema)
    if (Array.isArray(value) && value.length > 0 && value.every(isNamed)) {
      const items = resolved(schema).items ?? {}
      const entries = value.map((item, index): [string, RecipeNode] => {
        const inner = node?.kind === 'list' ? node.items[index] : undefined
        const { name, ...fields } = item
        return [String(name), mapOf(fields, inner, items)]
      })
      return { kind: 'map', entries: new Map(entries), isOrdered: true }
    }
    return leafOf(toJson(value), node, schema)
  }

  function mapOf(value: Readonly<Record<string, unknown>>, node: Located | undefined, schema: SchemaNode): RecipeMap {
    const target = resolved(node === undefined ? schema : chosenSchema(schema, node))
    const others = typeof target.additionalProperties === 'object' ? target.additionalProperties : {}
    const entries = Object.entries(value).flatMap(([name, field]): readonly [string, RecipeNode][] => {
      if (field === undefined) return []
      return [[name, nodeOf(field, node && locate(node, [name])?.value, target.properties?.[name] ?? others)]]
    })
    return { kind: 'map', entries: new Map(entries), isOrdered: false }
  }

  function leafOf(value: Json, node: Located | undefined, schema: SchemaNode): RecipeValue {
    const items = Array.isArray(value) ? resolved(schema).items : undefined
    const definition = definitionName(chosenSchema(items ?? schema, items || !node ? noNode : node))
    const param =
      node?.kind === 'scalar' && node.origin !== undefined ? owners.get(spanText(node.origin.span)) : undefined
    return {
      kind: 'value',
      value,
      text: node === undefined ? spell(value, definition) : written(node),
      isDefault: node === undefined,
      ...(definition !== undefined && { definition }),
      ...(param !== undefined && { param }),
    }
  }

  return mapOf({ ...recipe }, tree, recipeSchema)
}

const isNamed = (item: unknown): item is Readonly<Record<string, unknown>> =>
  isRecord(item) && typeof item.name === 'string'

const noSpan: Span = { source: { name: '', path: '', text: '' }, start: 0, end: 0 }
const noNode: LocatedScalar = { kind: 'scalar', value: '', span: noSpan }

/** The spelling of a default. */
function spell(value: Json, definition?: string): string {
  if (typeof value === 'number') return printQuantity(value, definition)
  return typeof value === 'string' ? value : canonical(value)
}

/** A scalar as it was written, a list as YAML writes it in one line. */
function written(node: Located): string {
  if (node.kind === 'scalar') return String(node.value)
  if (node.kind === 'list') return `[${node.items.map(written).join(', ')}]`
  return `{${[...node.entries].map(([name, { value }]) => `${name}: ${written(value)}`).join(', ')}}`
}

/** The parameter that each value of `params` and `matrix` belongs to, by the place of the value. */
function parameterOwners(tree: LocatedMap): ReadonlyMap<string, string> {
  const owners = new Map<string, string>()
  for (const section of ['params', 'matrix']) {
    const found = tree.entries.get(section)?.value
    if (found?.kind !== 'map') continue
    for (const [name, { value }] of found.entries)
      for (const node of value.kind === 'list' ? value.items : [value]) owners.set(spanText(node.span), name)
  }
  return owners
}

const spanText = ({ source, start }: Span): string => `${source.path} ${start}`
