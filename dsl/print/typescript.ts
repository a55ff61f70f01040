/** Prints a recipe as TypeScript: a constant for each entry that others refer to, wired by value. */
import { type Reference, splitReference } from '../check/names.ts'
import { builderName, builders } from '../read/builders.ts'
import type { Located, LocatedMap, Scalar } from '../values/located.ts'
import { type Commented, commentTaker, ownSpans } from './comments.ts'
import { identifierFor, type Line, layOut, literal, propertyName } from './typescript_text.ts'

/** Sections whose entries are constants. */
const constantSections = ['sources', 'filters', 'models', 'train', 'distill']

/** Comments and references of the recipe that is printed. */
export interface TypeScriptParts {
  readonly commented: Commented
  /** The references between entries. */
  readonly references: readonly Reference[]
}

/** The text of a file with the meaning of a located recipe. */
export function printTypeScript(root: LocatedMap, { commented, references }: TypeScriptParts): string {
  const isPatch = root.entries.has('extends')
  const used = new Set<string>()
  const take = commentTaker(commented)
  const byPath = new Map(isPatch ? [] : references.map(reference => [reference.path.join('\n'), reference]))
  const constants = isPatch ? new Map<string, string>() : constantNames(root)

  const exported = call(isPatch ? 'extend' : 'recipe', objectOf(root, [], 0))
  const declarations = isPatch ? [] : inOrder(root, references).map(path => declaration(path))
  const names = [...used].sort().map((text): Line => ({ before: [], text }))
  const imports = `import ${layOut(names, { open: '{', close: '}', depth: 0, isShort: true })} from 'terroir'`
  const comment = (lines: readonly string[]): readonly string[] => lines.map(line => `//${line}\n`)
  return [
    ...comment(commented.header),
    ...(commented.header.length > 0 ? ['\n'] : []),
    `${imports}\n\n`,
    ...declarations.map(text => `${text}\n\n`),
    `export default ${exported}\n`,
    ...comment(commented.footer),
  ].join('')

  function call(name: string, argument: string): string {
    used.add(name)
    return `${name}(${argument})`
  }

  function declaration([section, name]: EntryPath): string {
    const entries = root.entries.get(section)?.value
    const entry = entries?.kind === 'map' ? entries.entries.get(name) : undefined
    if (entry === undefined) return ''
    const { before, after } = take([entry.key, ...ownSpans(entry.value)])
    const lines = [...before, ...(after === undefined ? [] : [after])].map(line => `//${line}\n`)
    return `${lines.join('')}const ${constants.get(name) ?? name} = ${expression(entry.value, [section, name], 0)}`
  }

  function expression(node: Located, path: readonly (string | number)[], depth: number): string {
    if (node.kind === 'scalar') return scalarOf(node.value, path)
    if (node.kind === 'list') {
      const lines = node.items.map((item, index): Line => {
        const comments = take([item.span])
        return { ...comments, text: expression(item, [...path, index], depth + 1) }
      })
      return layOut(lines, { open: '[', close: ']', depth })
    }
    const mixed = [...node.entries.keys()].some(name => byPath.get([...path, name].join('\n'))?.isKey)
    if (mixed) return call('mix', mixOf(node, path, depth))
    const kind = node.entries.get('kind')?.value
    const section = path.length === 2 && (path[0] === 'train' || path[0] === 'distill') ? path[0] : undefined
    const builder = section ?? (kind?.kind === 'scalar' ? builderName(String(kind.value)) : '')
    return !isPatch && builders.has(builder) ? call(builder, objectOf(node, path, depth)) : objectOf(node, path, depth)
  }

  function mixOf(node: LocatedMap, path: readonly (string | number)[], depth: number): string {
    const lines = [...node.entries].map(([name, { key, value }]): Line => {
      const weight = expression(value, [...path, name], depth + 1)
      return { ...take([key]), text: `[${referenceText(name)}, ${weight}]` }
    })
    return layOut(lines, { open: '[', close: ']', depth })
  }

  /** The fields except `kind`, which the builder gives; a comment on it moves to the next field. */
  function objectOf(node: LocatedMap, path: readonly (string | number)[], depth: number): string {
    let waiting: readonly string[] = []
    const lines: Line[] = []
    for (const [name, { key, value }] of node.entries) {
      const isSaid =
        name === 'kind' && !isPatch && value.kind === 'scalar' && builders.has(builderName(String(value.value)))
      const { before, after } = take([key, ...ownSpans(value)])
      if (isSaid) {
        waiting = [...before, ...(after === undefined ? [] : [after])]
        continue
      }
      const isConstants = !isPatch && path.length === 0 && constantSections.includes(name) && value.kind === 'map'
      const text = isConstants ? namesOf(value, depth + 1) : expression(value, [...path, name], depth + 1)
      lines.push({
        before: [...waiting, ...before],
        ...(after !== undefined && { after }),
        text: `${propertyName(name)}: ${text}`,
      })
      waiting = []
    }
    return layOut(lines, { open: '{', close: '}', depth, rest: waiting })
  }

  function namesOf(section: LocatedMap, depth: number): string {
    const lines = [...section.entries.keys()].map((name): Line => {
      const constant = constants.get(name) ?? name
      return { before: [], text: constant === name ? name : `${propertyName(name)}: ${constant}` }
    })
    return layOut(lines, { open: '{', close: '}', depth })
  }

  function scalarOf(value: Scalar, path: readonly (string | number)[]): string {
    const isReference = byPath.has(path.join('\n'))
    if (typeof value !== 'string') return String(value)
    if (isReference && !value.includes('${')) return referenceText(value)
    return literal(value, name =>
      call(
        'param',
        literal(name, () => ''),
      ),
    )
  }

  function referenceText(text: string): string {
    const { name, part } = splitReference(text)
    const constant = constants.get(name)
    if (constant === undefined) return literal(text, () => '')
    if (part === undefined) return constant
    const isIn = (section: string): boolean => {
      const value = root.entries.get(section)?.value
      return value?.kind === 'map' && value.entries.has(name)
    }
    if (isIn('train')) return `${constant}.phase(${literal(part, () => '')})`
    return isIn('distill') ? `${constant}.round(${part})` : `${constant}.${part}`
  }
}

type EntryPath = readonly [section: string, name: string]

function entriesOf(root: LocatedMap): readonly EntryPath[] {
  return constantSections.flatMap(section => {
    const value = root.entries.get(section)?.value
    return value?.kind === 'map' ? [...value.entries.keys()].map((name): EntryPath => [section, name]) : []
  })
}

function constantNames(root: LocatedMap): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const taken = new Set(builders.keys())
  for (const [, name] of entriesOf(root)) {
    const identifier = identifierFor(name, taken)
    taken.add(identifier)
    names.set(name, identifier)
  }
  return names
}

/** Entries so that each comes after those it refers to, else as written. */
function inOrder(root: LocatedMap, references: readonly Reference[]): readonly EntryPath[] {
  const entries = entriesOf(root)
  const done = new Set<EntryPath>()
  const visit = (entry: EntryPath): void => {
    if (done.has(entry)) return
    for (const { path, text } of references)
      if (path[0] === entry[0] && path[1] === entry[1]) {
        const below = entries.find(([, name]) => name === splitReference(text).name)
        if (below && below !== entry) visit(below)
      }
    done.add(entry)
  }
  for (const entry of entries) visit(entry)
  return [...done]
}
