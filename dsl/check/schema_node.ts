/** The parts of JSON Schema that the generated schema uses, and how to walk them. */
import generated from './recipe.schema.json' with { type: 'json' }

/** One schema. */
export interface SchemaNode {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly pattern?: string
  readonly properties?: { readonly [name: string]: SchemaNode }
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | SchemaNode
  readonly items?: SchemaNode
  readonly oneOf?: readonly SchemaNode[]
  readonly anyOf?: readonly SchemaNode[]
  readonly $defs?: { readonly [name: string]: SchemaNode }
}

/** What ajv reports of one failed keyword. */
export interface Failure {
  readonly keyword: string
  readonly instancePath: string
  readonly schemaPath: string
  readonly params: { readonly [name: string]: unknown }
  readonly propertyName?: string
}

/** The schema of recipes, as generated from `dsl/recipe.ts`. */
export const recipeSchema: SchemaNode = generated

/** The name of a definition that a schema is, by reference; `Count`, `Distance`, `Path`. */
export function definitionName(schema: SchemaNode): string | undefined {
  return schema.$ref?.replace('#/$defs/', '')
}

/** Follows references until a schema with content. */
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

/** What lies at a JSON pointer such as ajv's `#/$defs/Phase/properties/name`. */
export function atPointer(pointer: string): SchemaNode | undefined {
  let found: unknown = recipeSchema
  for (const step of pointer.split('/').slice(1))
    found =
      typeof found === 'object' && found !== null
        ? Object.entries(found).find(([key]) => key === decoded(step))?.[1]
        : undefined
  return isSchema(found) ? found : undefined
}

/** Undoes the escapes of a JSON pointer. */
export const decoded = (step: string): string => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')

const isSchema = (value: unknown): value is SchemaNode => typeof value === 'object' && value !== null
