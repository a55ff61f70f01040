/** Values with the spans at which they are written. Both readers produce them; every later step keeps the spans. */

/** A text that spans point into: a recipe file or a command-line flag. */
export interface SourceText {
  /** As shown to people: a path relative to the working folder, or `--set`. */
  readonly name: string
  /** Absolute path of the file; for a flag, of the recipe it changes. Its relative paths start from the folder of this file. */
  readonly path: string
  readonly text: string
}

/** A half-open range of UTF-16 offsets. */
export interface Span {
  readonly source: SourceText
  readonly start: number
  readonly end: number
}

/** Text, number, boolean or null. */
export type Scalar = null | boolean | number | string

/** The readings of a plain scalar that YAML 1.1 and YAML 1.2 readers, both common, read differently. */
export interface Ambiguity {
  /** "a boolean in YAML 1.1 and text in YAML 1.2" */
  readonly words: string
  /** Each value, spelled as every reader reads it. */
  readonly readings: readonly { readonly value: Scalar; readonly spelling: string }[]
}

interface LocatedBase {
  readonly span: Span
  /** The value that an extending file, `--set` or the matrix replaced by this one. */
  readonly replaced?: Located
}

export interface LocatedScalar extends LocatedBase {
  readonly kind: 'scalar'
  readonly value: Scalar
  /** The parameter, where `${params.NAME}` inserted it. */
  readonly origin?: LocatedScalar
  /** Present until the type of the field has decided between the readings. */
  readonly ambiguity?: Ambiguity
}

export interface LocatedList extends LocatedBase {
  readonly kind: 'list'
  readonly items: readonly Located[]
}

/** A mapping, in written order. */
export interface LocatedMap extends LocatedBase {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, LocatedEntry>
  /** Values that extending files removed from it. */
  readonly removed?: ReadonlyMap<string, Removal>
}

/** A value that a `null` removed. */
export interface Removal {
  /** The `null`. */
  readonly by: Span
  /** The removed value. */
  readonly value: Located
}

/** One `key: value` of a mapping. */
export interface LocatedEntry {
  readonly key: Span
  readonly value: Located
}

export type Located = LocatedScalar | LocatedList | LocatedMap

/** Names of keys and indexes of items from the root down. */
export type ValuePath = readonly (string | number)[]

/** Finds the value at a path, and its key; list items have no key. */
export function locate(root: Located, path: ValuePath): { readonly key?: Span; readonly value: Located } | undefined {
  let found: { readonly key?: Span; readonly value: Located } | undefined = { value: root }
  for (const step of path) {
    if (found === undefined) return undefined
    found = child(found.value, step)
  }
  return found
}

function child(parent: Located, step: string | number): { readonly key?: Span; readonly value: Located } | undefined {
  if (parent.kind === 'map') return parent.entries.get(String(step))
  if (parent.kind === 'scalar') return undefined
  const item = parent.items[Number(step)]
  return item && { value: item }
}

/** Index of the item that a step of a path means: digits count from 0, anything else is an item's `name`. */
export function itemIndex({ items }: LocatedList, step: string): number | undefined {
  const isNamed = (item: Located): boolean => {
    const name = item.kind === 'map' ? item.entries.get('name')?.value : undefined
    return name?.kind === 'scalar' && name.value === step
  }
  const index = /^[0-9]+$/.test(step) ? Number(step) : items.findIndex(isNamed)
  return items[index] === undefined ? undefined : index
}

/** The plain value, without spans. Objects have no prototype, so a key such as `__proto__` is an ordinary key. */
export function plain(node: Located): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value
    case 'list':
      return node.items.map(plain)
    case 'map': {
      const result: Record<string, unknown> = Object.create(null)
      for (const [key, entry] of node.entries) result[key] = plain(entry.value)
      return result
    }
  }
}

/** Line and column, both from 1; columns count UTF-16 units. */
export function position(source: SourceText, offset: number): { readonly line: number; readonly column: number } {
  const before = source.text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  let line = 1
  for (let at = before.indexOf('\n'); at !== -1; at = before.indexOf('\n', at + 1)) line++
  return { line, column: offset - lineStart + 1 }
}
