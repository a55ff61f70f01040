/** The parts of JSON Schema that the generated schema uses, and how to walk them. */
import { type Located, locate, type ValuePath } from '../values/located.ts'
import generated from './recipe.schema.json' with { type: 'json' }

/** One schema. */
export interface SchemaNode {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  /** The unit of a number. */
  readonly unit?: string
  /** Origin of the meaning: the paper, another. */
  readonly source?: string
  /** Field of the model whose named size gives the value if it is left out. */
  readonly presetBy?: string
  readonly required?: readonly string[]
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly minItems?: number
  readonly pattern?: string
  readonly properties?: { readonly [name: string]: SchemaNode }
  readonly additionalProperties?: boolean | SchemaNode
  readonly items?: SchemaNode
  readonly oneOf?: readonly SchemaNode[]
  readonly anyOf?: readonly SchemaNode[]
  readonly $defs?: { readonly [name: string]: SchemaNode }
}

/** The report of ajv on one failed keyword. */
export interface Failure {
  readonly keyword: string
  readonly instancePath: string
  readonly params: { readonly [name: string]: unknown }
  readonly propertyName?: string
}

/** The schema of recipes, as generated from `dsl/recipe.ts`. */
export const recipeSchema: SchemaNode = generated

/** The name of the definition that a schema refers to; `Count`, `Distance`, `Path`. */
export function definitionName(schema: SchemaNode): string | undefined {
  return schema.$ref?.replace('#/$defs/', '')
}

/** The schema with its references followed. */
export function resolved(schema: SchemaNode): SchemaNode {
  const name = definitionName(schema)
  const target = name === undefined ? undefined : recipeSchema.$defs?.[name]
  return target === undefined ? schema : resolved(target)
}

/** The variant of a union by `kind` that a value chose. */
export function variantOf(union: SchemaNode, kind: unknown): SchemaNode | undefined {
  return union.oneOf?.map(resolved).find(variant => variant.properties?.kind?.const === kind)
}

/** The kinds of a union. */
export function kindsOf(union: SchemaNode): readonly string[] {
  return (union.oneOf ?? []).map(variant => String(resolved(variant).properties?.kind?.const))
}

/** The schema of a value: of a union, the variant that the value chose, or the union if it chose none. */
export function chosenSchema(schema: SchemaNode, node: Located): SchemaNode {
  const target = resolved(schema)
  if (target.oneOf && node.kind === 'map') {
    const kind = node.entries.get('kind')?.value
    return variantOf(target, kind?.kind === 'scalar' ? kind.value : undefined) ?? target
  }
  const type = { map: 'object', list: 'array', scalar: 'string' }[node.kind]
  return target.anyOf?.find(variant => resolved(variant).type === type) ?? schema
}

/** The schema of the value at a path. */
export function schemaAt(root: Located, path: ValuePath): SchemaNode {
  let schema = resolved(chosenSchema(recipeSchema, root))
  for (const [index, step] of path.entries()) {
    const others = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {}
    const next = schema.items ?? schema.properties?.[step] ?? others
    const node = locate(root, path.slice(0, index + 1))?.value
    schema = resolved(node ? chosenSchema(next, node) : next)
  }
  return schema
}

/** Undoes the escapes of a JSON pointer. */
export const decoded = (step: string): string => step.replaceAll('~1', '/').replaceAll('~0', '~')
