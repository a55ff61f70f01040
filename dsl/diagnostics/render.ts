/** Prints diagnostics: text with a code frame, or JSON. */
import { relative } from 'node:path'
import { position, type Span } from '../values/located.ts'
import { boundedText } from './bounded.ts'
import type { Diagnostic } from './diagnostic.ts'
import { coloured, jsonText, type TextColour, terminalText, visibleLine } from './terminal_text.ts'

const widestFrame = 160
const longestMessage = 1000

/** Number of diagnostics that are shown at most. */
const mostShown = 200

/** Text for people: `file:line:column: error code: message`, the line with a caret, related places, a hint. */
export const renderText = (diagnostics: readonly Diagnostic[], { colour }: { readonly colour: boolean }): string =>
  terminalText(renderColoured(diagnostics), { colour })

/** As {@link renderText}, before `terminalText` writes the colours. */
export function renderColoured(diagnostics: readonly Diagnostic[]): string {
  const more = diagnostics.length - mostShown
  return [...inOrder(diagnostics).map(renderOne), ...(more > 0 ? [`${more} more are not shown\n`] : [])].join('\n')
}

function renderOne(diagnostic: Diagnostic): string {
  const colour = diagnostic.severity === 'error' ? 'red' : 'yellow'
  const head = `${coloured('bold', place(diagnostic.span))}: ${coloured(colour, diagnostic.severity)} ${diagnostic.code}: ${message(diagnostic.message)}`
  const related = diagnostic.related.flatMap(({ span, message: text }) => [
    `${coloured('cyan', 'note:')} ${message(text)}: ${place(span)}`,
    ...frame(span, 'cyan'),
  ])
  const hint = diagnostic.fix ? [`${coloured('green', 'hint:')} ${message(diagnostic.fix.hint)}`] : []
  return `${[head, ...frame(diagnostic.span, colour), ...related, ...hint].join('\n')}\n`
}

const message = (text: string): string => visibleLine(boundedText(text, { characters: longestMessage }))

/** `recipe.yaml:3:7`, or the flag. */
export function place(span: Span): string {
  const { source, start } = span
  const name = visibleLine(source.name)
  if (source.name.startsWith('--') || source.text === '') return name
  const { line, column } = position(source, start)
  return `${name}:${line}:${column}`
}

/** The line a span begins in, with a caret under the part of the span that it holds. */
function frame({ source, start, end }: Span, colour: TextColour): readonly string[] {
  if (source.text === '') return []
  const { line, column } = position(source, start)
  const lineStart = start - column + 1
  const lineEnd = source.text.indexOf('\n', start)
  const text = source.text.slice(lineStart, lineEnd === -1 ? undefined : lineEnd).trimEnd()
  if (text.length > widestFrame) return []
  const carets = Math.max(1, Math.min(end, lineStart + text.length) - start)
  const margin = ' '.repeat(String(line).length)
  const indent = text
    .slice(0, column - 1)
    .replaceAll(/[^\t]/g, ' ')
    .padEnd(column - 1)
  return [
    `${margin} ${coloured('dim', '|')}`,
    `${coloured('dim', `${line} |`)} ${visibleLine(text.replaceAll('\r', ''))}`,
    `${margin} ${coloured('dim', '|')} ${indent}${coloured(colour, '^'.repeat(carets))}`,
  ]
}

/**
 * JSON for tools: an array of what the Language Server Protocol calls a Diagnostic, each with its `file`. Lines and
 * characters count from 0; `severity` is 1 for an error, 2 for a warning; `data.fix` has the hint and, where one edit
 * mends the fault, that edit.
 */
export function renderJson(diagnostics: readonly Diagnostic[]): string {
  return jsonText(inOrder(diagnostics).map(jsonOf), 2)
}

function jsonOf({ code, severity, span, message, expected, actual, related, fix }: Diagnostic) {
  return {
    ...location(span),
    severity: severity === 'error' ? 1 : 2,
    code,
    source: 'terroir',
    message,
    ...(related.length > 0 && {
      relatedInformation: related.map(item => ({ location: location(item.span), message: item.message })),
    }),
    data: {
      ...(expected !== undefined && { expected }),
      ...(actual !== undefined && { actual }),
      ...(fix && { fix: { hint: fix.hint, ...(fix.edit && { ...location(fix.edit.span), newText: fix.edit.text }) } }),
    },
  }
}

function location({ source, start, end }: Span) {
  const file = source.name.startsWith('--') ? source.name : relative('.', source.path)
  const at = (offset: number) => {
    const { line, column } = position(source, offset)
    return { line: line - 1, character: column - 1 }
  }
  return { file, range: { start: at(start), end: at(end) } }
}

/** Errors before warnings, then as written; the first of many. */
function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const rank = ({ severity }: Diagnostic) => (severity === 'error' ? 0 : 1)
  return diagnostics.toSorted((a, b) => rank(a) - rank(b) || byPlace(a.span, b.span)).slice(0, mostShown)
}

function byPlace(a: Span, b: Span): number {
  if (a.source.name !== b.source.name) return a.source.name < b.source.name ? -1 : 1
  return a.start - b.start
}
