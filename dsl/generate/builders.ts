/** The builders of TypeScript recipes: their declarations in `dsl/mod.ts`, and the list that the reader has of them. */
import type { SchemaNode } from '../schema/schema_node.ts'
import type { KindFile, KindsOfSection } from './unions.ts'

/** Return types of the builders of a section, and the role of what they make. */
const made: { readonly [union: string]: { readonly type: string; readonly role: string } } = {
  Source: { type: 'Dataset', role: 'dataset' },
  Filter: { type: 'Dataset', role: 'dataset' },
  Model: { type: 'Architecture', role: 'architecture' },
  Evaluation: { type: 'Measurement', role: 'evaluation' },
}

/** Parts that refer to datasets, by the type of the values that take their place. */
const opaque: { readonly [definition: string]: string } = { TokenizerSpec: 'Tokenizer' }

interface BuilderDeclaration {
  readonly name: string
  readonly kind: string
  readonly role: string
  readonly definition: string
  readonly returns: string
}

/** Every builder of a kind: entries of sections, then parts. */
function buildersOf(
  schema: SchemaNode,
  sections: readonly KindsOfSection[],
  trained: ReadonlySet<string>,
): readonly BuilderDeclaration[] {
  const entries = sections.flatMap(({ union, kinds }) => {
    const section = made[union]
    if (section === undefined) return []
    return kinds.map(({ builder, kind, type }: KindFile) => ({
      name: builder,
      kind,
      role: section.role,
      definition: type,
      returns: trained.has(kind) ? `${section.type} & Trained` : section.type,
    }))
  })
  const known = new Set(entries.map(({ definition }) => definition))
  const parts = Object.entries(schema.$defs ?? {}).flatMap(([definition, node]) => {
    const kind = node.properties?.kind?.const
    if (typeof kind !== 'string' || known.has(definition)) return []
    const returns = opaque[definition] ?? `language.${definition}`
    return [{ name: camelCase(kind), kind, role: 'part', definition, returns }]
  })
  return [...entries, ...parts]
}

const camelCase = (kind: string): string => kind.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** The text of `dsl/mod.ts`. */
export function buildersSource(
  schema: SchemaNode,
  sections: readonly KindsOfSection[],
  trained: ReadonlySet<string>,
): string {
  const functions = buildersOf(schema, sections, trained).map(({ name, definition, returns }) => {
    const node = schema.$defs?.[definition] ?? {}
    const values = referring(node)
    const spec =
      values.length === 0 ? `Part<language.${definition}>` : `Fields<language.${definition}, { ${values.join('; ')} }>`
    return `/** ${firstSentence(node.description ?? '')} */\nexport declare function ${name}(spec: ${spec}): ${returns}`
  })
  return `${header}${functions.join('\n\n')}\n`
}

const header = `// Generated from the registries of dsl/kinds by npm run build
/**
 * Declarations that TypeScript recipes import. A recipe is read from its syntax and never executed, so there is no code
 * here: the declarations complete and check a recipe in the editor.
 *
 * \`\`\`ts
 * const photos = folder({ path: 'photos', captions: 'captions.csv' })
 * const small = mammut({ vision, text, tokenizer: bpe({ from: [photos.train] }) })
 * const pretrain = train({ model: small, phases: [{ name: 'first', data: photos.train, samples: '10k', learning_rate: 1e-3 }] })
 * export default recipe({ name: 'mine', sources: { photos }, models: { small }, train: { pretrain } })
 * \`\`\`
 */
import type { Architecture, Data, Dataset, Fields, Measurement, Part, Tokenizer, Trained } from './builder_values.ts'
import type * as language from './recipe.ts'

export * from './builder_values.ts'

`

/** Fields that take values where the language has names. */
function referring({ properties = {}, required = [] }: SchemaNode): readonly string[] {
  return Object.entries(properties).flatMap(([name, property]) => {
    const type = valueType(property)
    const about = property.description === undefined ? '' : `/** ${property.description.replaceAll(/\s+/g, ' ')} */ `
    return type === undefined ? [] : [`${about}${name}${required.includes(name) ? '' : '?'}: ${type}`]
  })
}

function valueType({ $ref, items }: SchemaNode): string | undefined {
  if (items !== undefined) {
    const item = valueType(items)
    return item && `readonly ${item}[]`
  }
  const name = $ref?.replace('#/$defs/', '') ?? ''
  if (name === 'DatasetRef') return 'Data'
  if (name === 'ModelRef') return 'Trained'
  return opaque[name]
}

const firstSentence = (text: string): string => /^.*?[.](?=\s|$)/s.exec(text)?.[0].replaceAll(/\s+/g, ' ') ?? text

/** The text of `dsl/read/kind_builders.ts`. */
export function builderListSource(
  schema: SchemaNode,
  sections: readonly KindsOfSection[],
  trained: ReadonlySet<string>,
): string {
  const rows = buildersOf(schema, sections, trained).map(
    ({ name, kind, role }) => `  ['${name}', { role: '${role}', kind: '${kind}' }],`,
  )
  return [
    '// Generated from the registries of dsl/kinds by npm run build',
    '/** The builders of all kinds, by the names that `dsl/mod.ts` exports. */',
    '',
    '/** Each with the role of what it makes and the kind that it adds. */',
    'export const kindBuilders = [',
    ...rows,
    '] as const',
    '',
  ].join('\n')
}
