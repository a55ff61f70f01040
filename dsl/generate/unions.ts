/** `dsl/kinds/SECTION/specs.ts`: the types of the kinds of a section, and their union. */
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** A section whose entries have kinds. */
interface KindSection {
  readonly folder: string
  /** Name of the union. */
  readonly union: string
  readonly doc: string
}

const sections: readonly KindSection[] = [
  { folder: 'sources', union: 'Source', doc: 'A source of samples.' },
  { folder: 'filters', union: 'Filter', doc: 'A step that keeps or drops samples, or joins datasets.' },
  { folder: 'captioners', union: 'Captioner', doc: 'A writer of captions.' },
  { folder: 'models', union: 'Model', doc: 'An architecture.' },
  { folder: 'evaluate', union: 'Evaluation', doc: 'A measurement.' },
]

/** The kinds of a section in the order of its registry. */
export interface KindsOfSection extends KindSection {
  readonly kinds: readonly KindFile[]
}

/** A kind: the file of its definition, and the name of its type. */
export interface KindFile {
  /** Name of the definition, which is that of the builder in TypeScript recipes. */
  readonly builder: string
  readonly kind: string
  readonly type: string
  /** Relative to `dsl/kinds`. */
  readonly file: string
  /** Every type that the file exports. */
  readonly types: readonly string[]
}

/** The kinds of every section, by the registries and the files that they name. Throws where a file lacks the type of its kind. */
export const kindsOf = (root: string): readonly KindsOfSection[] =>
  sections.map(section => {
    const registry = readFileSync(join(root, 'dsl/kinds', section.folder, 'mod.ts'), 'utf8')
    const lines = [...registry.matchAll(/^export \{ (\w+) \} from '\.\/(\w+\.ts)'$/gm)]
    return {
      ...section,
      kinds: lines.map(([, builder = '', name = '']) => kindOf(root, builder, `${section.folder}/${name}`)),
    }
  })

function kindOf(root: string, builder: string, file: string): KindFile {
  const text = readFileSync(join(root, 'dsl/kinds', file), 'utf8')
  const [, type, kind] = /^export interface (\w+)[^{]*\{\n\s*kind: '([^']+)'/m.exec(text) ?? []
  if (type === undefined || kind === undefined)
    throw new Error(`dsl/kinds/${file} exports no interface whose first field is its kind`)
  const types = [...text.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name = '']) => name)
  return { builder, kind, type, file, types }
}

/** The path of the file of a section, relative to the project. */
export const unionFile = ({ folder }: KindSection): string => `dsl/kinds/${folder}/specs.ts`

/** The text of the file of a section. */
export function unionSource({ union, doc, kinds }: KindsOfSection): string {
  const imported = kinds.map(({ type, file }) => `import type { ${type} } from './${basename(file)}'`)
  const exported = kinds.map(
    ({ types, file }) => `export type { ${[...types].sort().join(', ')} } from './${basename(file)}'`,
  )
  const discriminated = kinds.length > 1 ? ' @discriminator kind' : ''
  return [
    '// Generated from the registries of dsl/kinds by npm run build',
    ...imported,
    '',
    `/** ${doc}${discriminated} */`,
    `export type ${union} = ${kinds.map(({ type }) => type).join(' | ')}`,
    '',
    ...exported,
    '',
  ].join('\n')
}
