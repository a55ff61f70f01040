/** `dsl/kinds/filled.ts`: the types of a recipe whose defaults are filled in and whose quantities are numbers. */
import type { SchemaNode } from '../schema/schema_node.ts'
import { isQuantity } from '../values/quantities.ts'

/** The text of the file. */
export function filledSource(schema: SchemaNode): string {
  const definitions = Object.entries(schema.$defs ?? {}).filter(([, node]) => isCompound(node))
  const print = printer(schema)
  return [
    '// Generated from the schema by npm run build',
    '/**',
    ' * A recipe as later steps see it: defaults filled in, quantities in base units (metres, seconds, bytes). A field without',
    ' * a default that may be left out is optional here, too.',
    ' */',
    '',
    ...definitions.flatMap(([name, node]) => [
      `/** A filled \`${name}\`. */`,
      `export type Filled${name} = ${print(node)}`,
      '',
    ]),
    '/** The recipe that is checked and compiled. */',
    `export type FilledRecipe = ${print(schema)}`,
    '',
  ].join('\n')
}

/** True if a definition is a mapping or a union of mappings. */
const isCompound = (node: SchemaNode): boolean => node.properties !== undefined || node.oneOf !== undefined

function printer(schema: SchemaNode): (node: SchemaNode) => string {
  function print(node: SchemaNode): string {
    if (node.$ref !== undefined) return reference(node.$ref.replace('#/$defs/', ''))
    if (node.const !== undefined) return JSON.stringify(node.const)
    if (node.enum) return node.enum.map(value => JSON.stringify(value)).join(' | ')
    const choices = node.oneOf ?? node.anyOf
    if (choices) return choices.map(choice => print(choice)).join(' | ')
    if (node.items) return `readonly ${grouped(print(node.items))}[]`
    if (node.properties) return `{ ${fields(node).join('; ')} }`
    if (typeof node.additionalProperties === 'object')
      return `{ readonly [name: string]: ${print(node.additionalProperties)} }`
    return [node.type ?? []]
      .flat()
      .map(type => (type === 'integer' ? 'number' : type))
      .join(' | ')
  }
  function reference(name: string): string {
    const target = schema.$defs?.[name]
    if (target === undefined) throw new Error(`The schema refers to '${name}' and defines no such type`)
    return isQuantity(name) ? 'number' : isCompound(target) ? `Filled${name}` : print(target)
  }
  const fields = ({ properties = {}, required = [] }: SchemaNode): readonly string[] =>
    Object.entries(properties).map(([name, property]) => {
      const isThere = required.includes(name) || property.default !== undefined || property.presetBy !== undefined
      return `readonly ${name}${isThere ? '' : '?'}: ${print(property)}`
    })
  return print
}

const grouped = (type: string): string => (type.includes('|') ? `(${type})` : type)
