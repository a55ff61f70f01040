/** The canonical layout of a YAML recipe: order of keys, indent, blank lines. Comments, anchors and meaning stay. */
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  type Scalar,
  type ScalarTag,
  type Tags,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { recipeSchema, resolved, type SchemaNode, variantOf } from '../schema/schema_node.ts'

/** Lays out a text that `readYaml` reads without errors. Laying out the result again changes nothing. */
export function formatYaml(text: string): string {
  const document = parseDocument(text, { uniqueKeys: false, customTags: withExponents })
  openCommented(document)
  // An alias must come after its anchor: if there are any, the written order stays.
  if (!hasAliases(document)) {
    keepHeader(document)
    const mark = takeMark(document)
    order(document.contents, recipeSchema)
    putMark(document, mark)
  }
  visit(document, {
    Seq: (_key, node) => {
      for (const item of node.items) liftComment(item)
    },
    Pair: (_key, { value }) => lowerComment(value),
  })
  spaceSections(document.contents)
  padBraces(document)
  return document.toString({ indent: 2, lineWidth: 0, singleQuote: true })
}

/** Numbers such as 1.0e-7 as they are written, or with a point, without which YAML 1.1 reads text. */
const exponent: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  test: /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+$/,
  resolve: Number,
  identify: value => typeof value === 'number' && String(value).includes('e'),
  stringify: ({ source, value }) => source ?? String(value).replace(/^(-?\d+)e/, '$1.0e'),
}

/** The tags of YAML 1.2, with numbers in exponent form that stay unambiguous. */
export const withExponents = (tags: Tags): Tags => [exponent, ...tags]

/** Puts the items of collections in brackets that hold comments on lines of their own. */
function openCommented(document: Document.Parsed): void {
  visit(document, {
    Collection: (_key, node) => {
      if (node.flow === true && holdsComment(node)) node.flow = false
    },
  })
}

/** Pads braces, `{ a: 1 }`, but not brackets, `[a, b]`; the printer has one option for both. */
function padBraces(document: Document.Parsed): void {
  visit(document, {
    Collection: (_key, node) => {
      const print = node.toString.bind(node)
      const flowCollectionPadding = isMap(node) ? ' ' : ''
      node.toString = (context, ...rest) => print(context && { ...context, flowCollectionPadding }, ...rest)
    },
  })
}

function holdsComment(node: YAMLMap | YAMLSeq): boolean {
  let found = false
  visit(node, {
    Node: (_key, inner) => {
      found ||= inner !== node && Boolean(inner.comment || inner.commentBefore)
    },
  })
  return found
}

/** Keeps the file's header on top: comments above the first key's own comment, separated from it by a blank line. */
function keepHeader(document: Document.Parsed): void {
  const first = firstKey(document)
  if (!first?.commentBefore) return
  const end = first.commentBefore.lastIndexOf('\n\n')
  if (end === -1) return
  document.commentBefore = [document.commentBefore, first.commentBefore.slice(0, end)].filter(Boolean).join('\n\n')
  first.commentBefore = first.commentBefore.slice(end + 2)
}

const firstKey = ({ contents }: Document.Parsed): Scalar | undefined => {
  const key = isMap(contents) ? contents.items[0]?.key : undefined
  return isScalar(key) ? key : undefined
}

/** Takes out the comment that configures the editor, which stays the first line whichever key is sorted to the top. */
function takeMark(document: Document.Parsed): string | undefined {
  const first = firstKey(document)
  const [mark] = /^ yaml-language-server:.*(?:\n|$)/.exec(first?.commentBefore ?? '') ?? []
  if (first && mark) first.commentBefore = first.commentBefore?.slice(mark.length) || null
  return mark?.trimEnd()
}

function putMark(document: Document.Parsed, mark: string | undefined): void {
  const first = firstKey(document)
  if (first && mark) first.commentBefore = [mark, first.commentBefore].filter(Boolean).join('\n')
}

function hasAliases(document: Document.Parsed): boolean {
  let found = false
  visit(document, {
    Alias: () => {
      found = true
      return visit.BREAK
    },
  })
  return found
}

/** Sorts the keys of every mapping as the schema lists them; unknown keys and names keep their order, at the end. */
function order(node: unknown, schema: SchemaNode): void {
  const target = resolved(schema)
  if (isSeq(node)) for (const item of node.items) order(item, target.items ?? {})
  if (!isMap(node)) return
  const variant = target.oneOf ? resolved(variantOf(target, node.get('kind')) ?? {}) : target
  const names = Object.keys(variant.properties ?? {})
  const rank = ({ key }: Pair): number => (names.includes(keyText(key)) ? names.indexOf(keyText(key)) : names.length)
  node.items.sort((a, b) => rank(a) - rank(b))
  const others = typeof variant.additionalProperties === 'object' ? variant.additionalProperties : {}
  for (const { key, value } of node.items) order(value, variant.properties?.[keyText(key)] ?? others)
}

/** Moves a comment of the first key of an item above the item's dash, where it is read back unchanged. */
function liftComment(item: unknown): void {
  const first = isMap(item) && item.flow !== true ? item.items[0]?.key : undefined
  if (!isMap(item) || !isScalar(first) || !first.commentBefore) return
  item.commentBefore = [item.commentBefore, first.commentBefore].filter(Boolean).join('\n')
  first.commentBefore = null
}

/** Moves a comment between an anchor and the first key to that key: otherwise it is printed before the anchor. */
function lowerComment(value: unknown): void {
  const first = isMap(value) && value.anchor && value.flow !== true ? value.items[0]?.key : undefined
  if (!isMap(value) || !isScalar(first) || !value.commentBefore) return
  first.commentBefore = [value.commentBefore, first.commentBefore].filter(Boolean).join('\n')
  value.commentBefore = null
}

const keyText = (key: unknown): string => (isScalar(key) ? String(key.value) : '')

/** A blank line before each section of several lines. */
function spaceSections(root: unknown): void {
  if (!isMap(root)) return
  for (const [index, { key, value }] of root.items.entries()) {
    if (isScalar(key) && index > 0 && isBlock(value)) key.spaceBefore = true
    if (isScalar(key) && index === 0) key.spaceBefore = false
  }
}

const isBlock = (value: unknown): boolean => (isMap(value) || isSeq(value)) && value.flow !== true
