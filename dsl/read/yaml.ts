/** Reads YAML into located values. A text that two readers would read differently is a diagnostic. */
import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLError,
  type YAMLMap,
} from 'yaml'
import { type Code, type Details, type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import { suggest } from '../diagnostics/suggest.ts'
import type { Located, LocatedEntry, LocatedMap, SourceText, Span } from '../values/located.ts'
import { ambiguity } from './scalars.ts'

/** Values a recipe may have once its aliases are expanded. */
const mostValues = 500_000
const deepest = 100

/** The value of a text if it has one, and its diagnostics. */
export interface ReadValue {
  readonly value?: Located
  readonly diagnostics: readonly Diagnostic[]
}

interface YamlReading {
  readonly source: SourceText
  readonly diagnostics: Diagnostic[]
  readonly anchors: Map<string, Anchored>
  values: number
}

/** The node that an anchor names; without a value while that node is still being read. */
interface Anchored {
  readonly value?: Located
  readonly size: number
}

/** Reads the document that a source holds from an offset on; spans count from the source's own start. */
export function readYaml(source: SourceText, from = 0): ReadValue {
  const reading: YamlReading = { source, diagnostics: [], anchors: new Map(), values: 0 }
  const whole: Span = { source, start: 0, end: 0 }
  const tooDeep = deepBracket(source.text)
  if (tooDeep !== undefined)
    return {
      diagnostics: [
        diagnose(
          'too-deep',
          { source, start: tooDeep, end: tooDeep + 1 },
          { message: `Values are nested more than ${deepest} deep` },
        ),
      ],
    }
  try {
    const document = parseDocument(' '.repeat(from) + source.text.slice(from), {
      uniqueKeys: false,
      prettyErrors: false,
      // At 'silent' a second document would be ignored.
      logLevel: 'error',
    })
    const [first] = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])
    if (first) return { diagnostics: [syntaxFault(source, first)] }
    if (document.contents === null)
      return { diagnostics: [diagnose('empty-recipe', whole, { message: `'${source.name}' is empty` })] }
    const value = readNode(reading, document.contents, 0)
    return { value, diagnostics: reading.diagnostics }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return {
      diagnostics: [diagnose('too-deep', whole, { message: `'${source.name}' is nested too deeply to be read` })],
    }
  }
}

/** Number of brackets above which their depth is checked: a parser takes a kilobyte for each open one. */
const manyBrackets = 5000

/** Tokens without characters: beginnings of documents and scalars, ends of lists. */
const marks = new Set(['\x02', '\x1f', '\x18'])

/** The offset at which brackets are nested too deeply, in a text that has very many, found before it is parsed. */
function deepBracket(text: string): number | undefined {
  if (text.replace(/[^[{]/g, '').length < manyBrackets) return undefined
  let [depth, at] = [0, 0]
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') depth++
    if (token === ']' || token === '}') depth--
    if (depth > deepest) return at
    if (!marks.has(token)) at += token.length
  }
  return undefined
}

const syntaxCodes: { readonly [code: string]: Code } = {
  TAG_RESOLVE_FAILED: 'unsupported-tag',
}

/** The first syntax error only: later ones usually follow from it. */
function syntaxFault(source: SourceText, { code, message, pos }: YAMLError): Diagnostic {
  const span: Span = { source, start: pos[0], end: pos[1] }
  if (source.text[pos[0]] === '{' && source.text[pos[0] - 1] === '$') {
    const written = /^\$\{[^{}]*\}?/.exec(source.text.slice(pos[0] - 1))?.[0] ?? '$'
    const whole: Span = { source, start: pos[0] - 1, end: pos[0] - 1 + written.length }
    return diagnose('yaml-syntax', whole, {
      message: `'${written}' inside brackets needs quotes`,
      fix: { hint: `write '${written}' with the quotes`, edit: { span: whole, text: `'${written}'` } },
    })
  }
  const closing = / and end with an? ([\]}])/.exec(message)?.[1]
  if (closing !== undefined) return unclosed(source, closing, pos[0])
  if (code === 'RESOURCE_EXHAUSTION')
    return diagnose('too-deep', span, { message: `Values are nested more than ${deepest} deep` })
  if (code === 'MULTIPLE_DOCS')
    return diagnose('yaml-syntax', span, {
      message: 'A recipe is one document',
      fix: { hint: "remove '---' and what follows it" },
    })
  const isTab = message.startsWith('Tabs are not allowed') || code === 'TAB_AS_INDENT'
  const words = isTab ? 'Tabs do not indent in YAML; use spaces' : message.charAt(0).toUpperCase() + message.slice(1)
  return diagnose(isTab ? 'tab-indent' : (syntaxCodes[code] ?? 'yaml-syntax'), span, { message: words })
}

/** The span of an error: the opening bracket, not the place at which the parser stops. */
function unclosed(source: SourceText, closing: string, end: number): Diagnostic {
  const opening = closing === ']' ? '[' : '{'
  const start = source.text.lastIndexOf(opening, end)
  return diagnose(
    'yaml-syntax',
    { source, start, end: start + 1 },
    {
      message: `'${opening}' is not closed`,
      fix: { hint: `add '${closing}'` },
    },
  )
}

function readNode(reading: YamlReading, node: Node, depth: number): Located {
  const span = spanOf(reading, node)
  reading.values++
  if (reading.values > mostValues || depth > deepest) {
    const code = depth > deepest ? 'too-deep' : 'alias-bomb'
    const message =
      depth > deepest
        ? `Values are nested more than ${deepest} deep`
        : `Aliases expand to more than ${mostValues} values`
    if (!reading.diagnostics.some(diagnostic => diagnostic.code === code)) report(reading, code, span, { message })
    return { kind: 'scalar', value: null, span }
  }
  if (isAlias(node)) return readAlias(reading, node)
  const anchor = 'anchor' in node ? node.anchor : undefined
  const before = reading.values
  if (anchor !== undefined) reading.anchors.set(anchor, { size: 0 })
  const value = readContent(reading, node, depth)
  if (anchor !== undefined) reading.anchors.set(anchor, { value, size: reading.values - before + 1 })
  return value
}

function readContent(reading: YamlReading, node: Node, depth: number): Located {
  const span = spanOf(reading, node)
  if (isMap(node)) return readMap(reading, node, depth)
  if (isSeq(node))
    return { kind: 'list', span, items: node.items.map(item => readNode(reading, item as Node, depth + 1)) }
  if (isScalar(node)) return readScalar(reading, node)
  return { kind: 'scalar', value: null, span }
}

function readAlias(reading: YamlReading, node: Alias): Located {
  const span = spanOf(reading, node)
  const anchored = reading.anchors.get(node.source)
  if (anchored?.value) {
    reading.values += anchored.size
    return anchored.value
  }
  const near = suggest(node.source, reading.anchors.keys())
  const message = anchored
    ? `'*${node.source}' stands inside what it names`
    : `No anchor '&${node.source}' stands before this alias`
  report(reading, anchored ? 'alias-bomb' : 'yaml-syntax', span, {
    message,
    ...(near === undefined || anchored ? {} : { fix: { hint: `write '*${near}'`, edit: { span, text: `*${near}` } } }),
  })
  return { kind: 'scalar', value: null, span }
}

function readScalar(reading: YamlReading, node: Scalar): Located {
  const span = spanOf(reading, node)
  const { value } = node
  const written = reading.source.text.slice(span.start, span.end)
  const doubt = node.type === 'PLAIN' && node.tag === undefined ? ambiguity(written) : undefined
  if (typeof value === 'number' && !Number.isFinite(value))
    report(reading, 'out-of-range', span, { message: `'${written}' is no finite number` })
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
    return { kind: 'scalar', value, span, ...(doubt && { ambiguity: doubt }) }
  report(reading, 'unsupported-tag', span, { message: `'${written}' is neither text, number, boolean nor null` })
  return { kind: 'scalar', value: null, span }
}

function readMap(reading: YamlReading, node: YAMLMap, depth: number): LocatedMap {
  const entries = new Map<string, LocatedEntry>()
  const merged = new Map<string, LocatedEntry>()
  for (const pair of node.items as Pair<Node | null, Node | null>[]) {
    const key = readKey(reading, pair.key, node)
    if (key === undefined) continue
    const value = pair.value ? readNode(reading, pair.value, depth + 1) : nothingAfter(key.span)
    if (key.isMerge) mergeInto(reading, merged, value)
    else if (entries.has(key.name)) reportDuplicate(reading, key.name, key.span, entries.get(key.name)?.key ?? key.span)
    else entries.set(key.name, { key: key.span, value })
  }
  for (const [name, entry] of merged) if (!entries.has(name)) entries.set(name, entry)
  return { kind: 'map', entries, span: spanOf(reading, node) }
}

const nothingAfter = ({ source, end }: Span): Located => ({
  kind: 'scalar',
  value: null,
  span: { source, start: end, end },
})

function readKey(reading: YamlReading, node: Node | null, parent: Node) {
  if (!isScalar(node) || node.value === null) {
    report(reading, 'bad-key', node ? spanOf(reading, node) : spanOf(reading, parent), {
      message: 'A key is text',
      fix: { hint: 'write a name before the colon' },
    })
    return undefined
  }
  const span = spanOf(reading, node)
  const written = reading.source.text.slice(span.start, span.end)
  const isPlain = node.type === 'PLAIN'
  return { name: typeof node.value === 'string' ? node.value : written, span, isMerge: isPlain && written === '<<' }
}

/** Merge keys: entries of the mapping itself take precedence, then those of the first merged mapping. */
function mergeInto(reading: YamlReading, merged: Map<string, LocatedEntry>, value: Located): void {
  for (const part of value.kind === 'list' ? value.items : [value]) {
    if (part.kind !== 'map') report(reading, 'type-mismatch', part.span, { message: "'<<' merges mappings only" })
    else for (const [name, entry] of part.entries) if (!merged.has(name)) merged.set(name, entry)
  }
}

function reportDuplicate(reading: YamlReading, name: string, span: Span, first: Span): void {
  report(reading, 'duplicate-key', span, {
    message: `The key '${name}' stands twice in this mapping`,
    related: [{ span: first, message: 'first here' }],
    fix: { hint: 'remove or rename one of them' },
  })
}

function report(reading: YamlReading, code: Code, span: Span, words: { readonly message: string } & Details): void {
  reading.diagnostics.push(diagnose(code, span, words))
}

function spanOf({ source }: YamlReading, node: Node): Span {
  const [start, end] = node.range ?? [0, 0]
  return { source, start, end }
}
