/** The text of the reference about single fields: their types, ranges and examples. */
import type { SchemaNode } from '../schema/schema_node.ts'

/** A field of a mapping. */
export interface Field {
  readonly name: string
  readonly property: SchemaNode
  readonly isRequired: boolean
}

/** The fields of a mapping, in the order of the language. */
export const fieldsOf = ({ properties, required }: SchemaNode): readonly Field[] =>
  Object.entries(properties ?? {}).map(([name, property]) => ({
    name,
    property,
    isRequired: required?.includes(name) ?? false,
  }))

/** A type in words; `link` makes the text for a reference. */
export function typeText(node: SchemaNode, link: (reference: string) => string): string {
  if (node.$ref !== undefined) return link(node.$ref)
  if (node.const !== undefined) return `\`${String(node.const)}\``
  if (node.enum) return node.enum.map(choice => `\`${String(choice)}\``).join(' or ')
  if (node.anyOf) return node.anyOf.map(one => typeText(one, link)).join(' or ')
  if (node.items) return `list of ${typeText(node.items, link)}`
  if (typeof node.additionalProperties === 'object') return `${typeText(node.additionalProperties, link)} by name`
  const types = [node.type ?? []].flat()
  return types.map(type => (type === 'string' ? 'text' : type)).join(' or ')
}

/** `, 1 to 8`, `, above 0`, or nothing. */
export function rangeText({ minimum, exclusiveMinimum, maximum, minItems }: SchemaNode): string {
  if (minItems !== undefined) return `, at least ${minItems}`
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}`
  if (minimum === undefined) return ''
  return maximum === undefined ? ` from ${minimum}` : ` ${minimum} to ${maximum}`
}

/** A value of the smallest form: the first example, or what is required. */
export function exampleOf(node: SchemaNode, resolve: (reference: string) => SchemaNode): unknown {
  if (node.const !== undefined) return node.const
  if (node.examples) return node.examples[0]
  if (node.$ref !== undefined) return exampleOf(resolve(node.$ref), resolve)
  if (node.items) return [exampleOf(node.items, resolve)]
  const choice = node.oneOf?.[0] ?? node.anyOf?.[0]
  if (choice) return exampleOf(choice, resolve)
  if (typeof node.additionalProperties === 'object') return { water: exampleOf(node.additionalProperties, resolve) }
  const required = fieldsOf(node).filter(({ isRequired }) => isRequired)
  return Object.fromEntries(required.map(({ name, property }) => [name, exampleOf(property, resolve)]))
}
