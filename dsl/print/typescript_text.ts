/** TypeScript text: names, literals, and lists that are printed on one line if they fit. */
import { jsonText } from '../diagnostics/terminal_text.ts'
import type { Comments } from './comments.ts'

/** Width of a line, that of this project's own code. */
const widest = 110

/** An item of a list or a field of an object. */
export interface Line extends Comments {
  readonly text: string
}

interface Brackets {
  readonly open: '[' | '{'
  readonly close: ']' | '}'
  /** Levels of indent around. */
  readonly depth: number
  /** True if even the outermost collection is printed on one line where it fits. */
  readonly isShort?: boolean
  /** Comments after the last item. */
  readonly rest?: readonly string[]
}

/** Items between brackets: on one line where they fit and have no comments, else one a line. */
export function layOut(lines: readonly Line[], { open, close, depth, rest = [], isShort = false }: Brackets): string {
  const isPlain =
    rest.length === 0 &&
    lines.every(({ before, after, text }) => before.length === 0 && after === undefined && !text.includes('\n'))
  const content = lines.map(({ text }) => text).join(', ')
  const pad = open === '{' && content !== '' ? ' ' : ''
  if (isPlain && content.length + depth * 2 + 20 <= widest && (depth > 0 || isShort))
    return `${open}${pad}${content}${pad}${close}`
  if (lines.length === 0 && rest.length === 0) return `${open}${close}`
  const indent = '  '.repeat(depth + 1)
  const rows = lines.flatMap(({ before, after, text }) => [
    ...before.map(line => `${indent}//${line}`),
    `${indent}${text},${after === undefined ? '' : ` //${after}`}`,
  ])
  return [open, ...rows, ...rest.map(line => `${indent}//${line}`), `${'  '.repeat(depth)}${close}`].join('\n')
}

/** A text, with `insert` in place of each parameter that it inserts. */
export function literal(text: string, insert: (parameter: string) => string): string {
  const whole = /^\$\{params\.([^{}]*)\}$/.exec(text)?.[1]
  if (whole !== undefined) return insert(whole)
  if (!text.includes('${params.')) return text.includes("'") ? jsonText(text) : `'${escaped(text)}'`
  const parts = text.split(/\$\{params\.([^{}]*)\}/)
  const written = parts.map((part, index) =>
    index % 2 === 1 ? `\${${insert(part)}}` : escaped(part).replaceAll('`', '\\`').replaceAll('${', '\\${'),
  )
  return `\`${written.join('')}\``
}

/** Escapes characters that end or change a literal; JSON escapes control and invisible characters as JavaScript does. */
const escaped = (text: string): string => jsonText(text).slice(1, -1).replaceAll('\\"', '"')

/** A name as a key of an object. */
export const propertyName = (name: string): string => (isIdentifier(name) ? name : literal(name, () => ''))

const isIdentifier = (name: string): boolean => /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name)

const reserved = new Set(
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof undefined var void while with yield Object'.split(
    ' ',
  ),
)

/** A free name of a constant for a name of the language. */
export function identifierFor(name: string, taken: ReadonlySet<string>): string {
  const proper = name.replaceAll('-', '_')
  return taken.has(proper) || reserved.has(proper) ? identifierFor(`${proper}_`, taken) : proper
}
