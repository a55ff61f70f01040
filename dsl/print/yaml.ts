/** Prints a recipe as YAML in the canonical layout, with its comments. */
import { Document, type Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import { needsQuotes } from '../read/scalars.ts'
import type { Located } from '../values/located.ts'
import { type Commented, commentTaker, ownSpans } from './comments.ts'
import { formatYaml, withExponents } from './format.ts'

/** Mappings of scalars up to this width are printed on one line. */
const widestFlow = 72

/** The text of a file with the meaning of a located recipe. */
export function printYaml(root: Located, commented: Commented): string {
  const document = new Document(null, { customTags: withExponents })
  const take = commentTaker(commented)
  document.contents = nodeOf(root, [])
  document.commentBefore = commented.header.join('\n')
  document.comment = commented.footer.join('\n')
  return formatYaml(document.toString({ lineWidth: 0, singleQuote: true }))

  function nodeOf(node: Located, path: readonly string[]): Node {
    if (node.kind === 'scalar') return scalarOf(node.value)
    if (node.kind === 'list') return listOf(node.items, path)
    const map = new YAMLMap()
    for (const [name, { key, value }] of node.entries) {
      const { before, after } = take([key, ...ownSpans(value)])
      const keyNode = scalarOf(name)
      const valueNode = nodeOf(value, [...path, name])
      const lines = [...before, ...(after !== undefined && value.kind !== 'scalar' ? [after] : [])]
      if (lines.length > 0) keyNode.commentBefore = lines.join('\n')
      if (after !== undefined && value.kind === 'scalar') valueNode.comment = after
      map.items.push(new Pair(keyNode, valueNode))
    }
    map.flow = path.length !== 2 && isSmall(map)
    return map
  }

  function listOf(items: readonly Located[], path: readonly string[]): YAMLSeq {
    const list = new YAMLSeq()
    list.items = items.map(item => {
      const { before, after } = take([item.span])
      const node = nodeOf(item, [...path, ''])
      const lines = [...before, ...(after === undefined ? [] : [after])]
      if (lines.length > 0) node.commentBefore = lines.join('\n')
      return node
    })
    list.flow = items.every(item => item.kind === 'scalar')
    return list
  }
}

function scalarOf(value: unknown): Scalar {
  const scalar = new Scalar(value)
  if (typeof value === 'string' && needsQuotes(value)) scalar.type = 'QUOTE_SINGLE'
  return scalar
}

/** A mapping of a few scalars without comments. */
const isSmall = ({ items }: YAMLMap): boolean =>
  items.every(
    ({ key, value }) => key instanceof Scalar && !key.commentBefore && value instanceof Scalar && !value.comment,
  ) && items.map(({ key, value }) => `${String(key)}: ${String(value)}`).join(', ').length <= widestFlow
