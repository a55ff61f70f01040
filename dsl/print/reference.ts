/** The reference of the language, in Markdown, from the schema alone. */
import { stringify } from 'yaml'
import type { SchemaNode } from '../schema/schema_node.ts'
import { exampleOf, fieldsOf, rangeText, typeText } from './reference_fields.ts'
import { metricsText, scoresText } from './reference_metrics.ts'

/** One heading of the page and the text below it. */
export interface ReferencePart {
  /** 2 for a section, 3 for its kinds and parts. */
  readonly level: 2 | 3
  readonly title: string
  /** Markdown, without the heading. */
  readonly text: string
}

/** The whole page; the same schema gives the same text. */
export function referencePage(schema: SchemaNode): string {
  const parts = referenceParts(schema).map(({ level, title, text }) => `${'#'.repeat(level)} ${title}\n\n${text}`)
  return `${[
    '# Reference',
    'Every section, kind and field of a recipe. `terroir doc` prints this page, `terroir doc NAME` a part of it; both are made from the types in `dsl/recipe.ts`, as the schema is that checks recipes.',
    'A field without a default that is not required means something by its absence. A parameter may stand for any value.',
    ...parts,
  ].join('\n\n')}\n`
}

/** The page in parts: the recipe, its sections with their kinds, the parts of entries, the values. */
export function referenceParts(schema: SchemaNode): readonly ReferencePart[] {
  const definitions = Object.entries(schema.$defs ?? {})
  const entries = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const entry = entryOf(schema, property)
    return entry === undefined ? [] : [{ name, property, entry: resolve(schema, entry) }]
  })
  const shown = new Set(entries.flatMap(({ entry }) => [entry, ...variantsOf(schema, entry)]))
  const rest = definitions.filter(([, node]) => !shown.has(node) && node.$ref === undefined)
  const parts = rest.filter(([, node]) => node.properties !== undefined)
  const values = rest.filter(([, node]) => node.properties === undefined && node.oneOf === undefined)
  return [
    { level: 2, title: 'The recipe', text: objectText(schema, schema) },
    ...entries.flatMap(({ name, property, entry }) => sectionParts(schema, { name, property, entry })),
    { level: 2, title: 'Parts of entries', text: 'What fields hold that have fields of their own.' },
    ...parts.map(
      ([name, node]): ReferencePart => ({ level: 3, title: titleOf(name, node), text: objectText(schema, node) }),
    ),
    { level: 2, title: 'Values', text: 'Scalars with a spelling of their own.' },
    ...values.map(([name, node]): ReferencePart => ({ level: 3, title: titleOf(name, node), text: valueText(node) })),
  ]
}

interface SectionSchema {
  readonly name: string
  readonly property: SchemaNode
  readonly entry: SchemaNode
}

function sectionParts(schema: SchemaNode, { name, property, entry }: SectionSchema): readonly ReferencePart[] {
  const about = property.description ?? ''
  const kinds = variantsOf(schema, entry)
  if (kinds.length === 0)
    return [{ level: 2, title: name, text: `${about}\n\n${objectText(schema, entry, [name, 'first'])}` }]
  const list = kinds.map(kind => `- [\`${kindOf(kind)}\`](#${anchor(titleOf('', kind))}): ${flat(kind.description)}`)
  return [
    { level: 2, title: name, text: `${about} Each entry has a name and one of these kinds:\n\n${list.join('\n')}` },
    ...kinds.map(
      (kind): ReferencePart => ({
        level: 3,
        title: titleOf('', kind),
        text: objectText(schema, kind, [name, 'first']),
      }),
    ),
  ]
}

/** The entries of a section, by reference; undefined for a property whose values are no mappings. */
function entryOf(schema: SchemaNode, { additionalProperties: entry }: SchemaNode): SchemaNode | undefined {
  if (typeof entry !== 'object' || entry.$ref === undefined) return undefined
  const { properties, oneOf } = resolve(schema, entry)
  return (properties ?? oneOf) ? entry : undefined
}

/** The section whose entries a definition is. */
const sectionOf = (schema: SchemaNode, reference: string): string | undefined =>
  Object.entries(schema.properties ?? {}).find(([, property]) => entryOf(schema, property)?.$ref === reference)?.[0]

/** Definition of a reference, and of what that refers to. */
function resolve(schema: SchemaNode, node: SchemaNode): SchemaNode {
  const target = schema.$defs?.[node.$ref?.replace('#/$defs/', '') ?? '']
  return target ? resolve(schema, target) : node
}

/** The kinds of entries of a section; none where they have no `kind`. */
function variantsOf(schema: SchemaNode, entry: SchemaNode): readonly SchemaNode[] {
  if (entry.oneOf) return entry.oneOf.map(variant => resolve(schema, variant))
  return entry.properties?.kind ? [entry] : []
}

const kindOf = (node: SchemaNode): string => String(node.properties?.kind?.const ?? '')

/** `kind: landmarks` of what has a kind, else the definition's name in words: `Landmark split`. */
function titleOf(name: string, node: SchemaNode): string {
  if (kindOf(node) !== '') return `kind: ${kindOf(node)}`
  const words = name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** As GitHub makes anchors of headings. */
const anchor = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-')

/** One paragraph. */
const flat = (text: string | undefined): string => (text ?? '').replaceAll(/\s*\n\s*/g, ' ')

/** Meaning, source, a table of the fields, and an example of the required ones at a place of the recipe. */
function objectText(schema: SchemaNode, node: SchemaNode, place: readonly string[] = []): string {
  const link = (reference: string): string => {
    const name = reference.replace('#/$defs/', '')
    const target = resolve(schema, { $ref: reference })
    const section = sectionOf(schema, reference)
    if (section !== undefined) return `[entry](#${section})`
    if (target.oneOf) return target.oneOf.map(variant => link(variant.$ref ?? '')).join(' or ')
    const title = titleOf(name, target)
    return `[${title.replace('kind: ', '')}](#${anchor(title)})`
  }
  const rows = fieldsOf(node).map(({ name, property, isRequired }) => {
    const unit = property.unit === undefined ? '' : `, ${property.unit}`
    const preset =
      property.default === undefined ? (isRequired ? 'required' : '') : `\`${JSON.stringify(property.default)}\``
    const examples = (property.examples ?? []).map(example => `\`${JSON.stringify(example)}\``)
    const notes = [
      flat(property.description),
      ...(examples.length > 0 ? [`For example ${examples.join(', ')}.`] : []),
      ...(property.source ? [`Source: ${flat(property.source)}.`] : []),
    ]
    const cells = [`\`${name}\``, `${typeText(property, link)}${rangeText(property)}${unit}`, preset, notes.join(' ')]
    return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
  const example = place.reduceRight<unknown>(
    (inner, key) => ({ [key]: inner }),
    exampleOf(node, reference => resolve(schema, { $ref: reference })),
  )
  const [section] = place
  const metrics = metricsText(node, { section, resolve: reference => resolve(schema, { $ref: reference }) })
  return [
    flat(node.description),
    ...(node.source ? [`Source: ${flat(node.source)}.`] : []),
    ['| field | type | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n'),
    ...[metrics, scoresText(node, section)].filter(text => text !== ''),
    ...(place.length > 0 ? [`\`\`\`yaml\n${stringify(example, { lineWidth: 0 }).trimEnd()}\n\`\`\``] : []),
  ].join('\n\n')
}

function valueText(node: SchemaNode): string {
  const examples = (node.examples ?? []).map(example => `\`${JSON.stringify(example)}\``)
  const choices = (node.enum ?? []).map(choice => `\`${String(choice)}\``)
  return [
    `${flat(node.description)}${rangeText(node) && ` Range: ${rangeText(node).replace(/^,? /, '')}.`}`,
    ...(choices.length > 0 ? [`One of ${choices.join(', ')}.`] : []),
    ...(node.pattern ? [`Pattern: \`${node.pattern}\`.`] : []),
    ...(examples.length > 0 ? [`For example ${examples.join(', ')}.`] : []),
  ].join('\n\n')
}
