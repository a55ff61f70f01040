/** Comments of a recipe file, each with the value that it belongs to. */
import type { FoundComment } from '../read/comments.ts'
import type { Located, LocatedMap, SourceText, Span } from '../values/located.ts'

/** Lines of comments, without `#` or `//`. */
export interface Comments {
  /** On lines of their own before the value. */
  readonly before: readonly string[]
  /** At the end of the line that the value begins on. */
  readonly after?: string
}

/** The comments of a file by the value that they belong to. */
export interface Commented {
  /** Above all. */
  readonly header: readonly string[]
  /** By the place of a key of a mapping, an item of a list, or a value that a constant holds. */
  readonly at: ReadonlyMap<string, Comments>
  /** Below all. */
  readonly footer: readonly string[]
}

/** The place where a span begins, in any of a recipe's files. */
const placeOf = ({ source, start }: Pick<Span, 'source' | 'start'>): string => `${source.path}:${start}`

/**
 * Gives each comment to a value: one at the end of a line to the first that begins on that line, one on lines of its
 * own to the next that begins. `headerEnd` is where the file's first value may begin.
 */
export function attachComments(
  comments: readonly FoundComment[],
  { root, source, headerEnd }: { readonly root: LocatedMap; readonly source: SourceText; readonly headerEnd: number },
): Commented {
  const anchors = [...new Set(anchorsOf(root, source))].sort((a, b) => a - b)
  const at = new Map<string, Comments>()
  const header: string[] = []
  const footer: string[] = []
  for (const { start, end, lines } of comments) {
    const lineStart = source.text.lastIndexOf('\n', start - 1) + 1
    const isAlone = source.text.slice(lineStart, start).trim() === ''
    const own = isAlone ? undefined : anchors.find(anchor => anchor >= lineStart && anchor < start)
    const next = own ?? anchors.find(anchor => anchor >= end)
    if (end <= headerEnd) header.push(...lines)
    else if (next === undefined) footer.push(...lines)
    else {
      const place = placeOf({ source, start: next })
      const known = at.get(place) ?? { before: [] }
      at.set(
        place,
        own === undefined
          ? { ...known, before: [...known.before, ...lines] }
          : { ...known, after: [known.after, ...lines].filter(line => line !== undefined).join(' ') },
      )
    }
  }
  return { header, at, footer }
}

/** The offsets at which a file's values begin that comments can belong to. */
function anchorsOf(node: Located, source: SourceText): readonly number[] {
  const own = (span: { readonly source: SourceText; readonly start: number }): readonly number[] =>
    span.source.path === source.path ? [span.start] : []
  if (node.kind === 'scalar') return []
  if (node.kind === 'list') return node.items.flatMap(item => [...own(item.span), ...anchorsOf(item, source)])
  return [...node.entries.values()].flatMap(({ key, value }) => [
    ...own(key),
    ...ownSpans(value).flatMap(own),
    ...anchorsOf(value, source),
  ])
}

/**
 * The span at which a collection begins; none if its first part begins there too and takes the comments, as in blocks
 * of YAML. A value that a builder made begins at the call, as does the `kind` that the call gives.
 */
export function ownSpans(node: Located): readonly Span[] {
  if (node.kind === 'scalar' || node.span.source.text[node.span.start] === '-') return []
  const [first] =
    node.kind === 'list' ? node.items.map(({ span }) => span) : [...node.entries.values()].map(({ key }) => key)
  const isShared = first?.start === node.span.start && first.end !== node.span.end
  return isShared ? [] : [node.span]
}

/** Comments of several files of one recipe, the first of them its own. */
export function joinCommented([own, ...imported]: readonly [Commented, ...(readonly Commented[])]): Commented {
  return {
    header: own.header,
    at: new Map([own, ...imported].flatMap(({ at }) => [...at])),
    footer: [own, ...imported].flatMap(({ footer }) => footer),
  }
}

/** Gives the comments of a value, those at its key and then those at the value itself; each once. */
export function commentTaker({ at }: Commented): (spans: readonly Span[]) => Comments {
  const taken = new Set<string>()
  return spans => {
    const open = [...new Set(spans.map(placeOf))].filter(place => !taken.has(place))
    for (const place of open) taken.add(place)
    const found = open.flatMap(place => at.get(place) ?? [])
    const after = found.flatMap(comments => comments.after ?? []).join(' ')
    return { before: found.flatMap(({ before }) => before), ...(after !== '' && { after }) }
  }
}
