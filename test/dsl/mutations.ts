/** Single faults in a YAML recipe, generated from its text and the schema; each knows where it must be told. */
import { isAlias, isMap, isScalar, isSeq, type Pair, parseDocument, type YAMLMap } from 'yaml'
import { isOfType } from '../../dsl/check/fits.ts'
import { ambiguity } from '../../dsl/read/scalars.ts'
import { definitionName, recipeSchema, resolved, type SchemaNode, variantOf } from '../../dsl/schema/schema_node.ts'

/** A recipe with one fault. */
export interface Mutation {
  /** The mutation in words. */
  readonly what: string
  /** The sort of fault: rates are told by it. */
  readonly sort: string
  readonly text: string
  /** Offset into `text` at which the diagnostic must be. */
  readonly at: number
  /** A slip within two edits: the suggestion must bring the written text back. */
  readonly isTypo: boolean
}

/** Slips of one edit (a letter lost, doubled, swapped, replaced) and of two. */
export function slips(word: string): readonly string[] {
  const at = Math.floor(word.length / 2)
  const [before, letter = '', next = '', after] = [word.slice(0, at), word[at], word[at + 1], word.slice(at + 2)]
  const all = [
    before + next + after,
    before + letter + letter + next + after,
    before + next + letter + after,
    `${before}q${next}${after}`,
    ...(word.length > 6 ? [`${word.slice(1, at)}q${next}${after}`] : []),
  ]
  return [...new Set(all)].filter(slip => slip !== word && /^[a-z]/.test(slip))
}

interface Slot {
  readonly path: readonly string[]
  /** Offsets of what is written, without an anchor. */
  readonly start: number
  readonly end: number
  readonly written: string
  readonly schema: SchemaNode
}

interface Found {
  /** Keys that the schema knows. */
  readonly keys: readonly (Slot & { readonly isRequired: boolean; readonly owner: number; readonly line: boolean })[]
  /** Names that the author chose. */
  readonly names: readonly Slot[]
  readonly scalars: readonly (Slot & { readonly isInserted: boolean })[]
  readonly lists: readonly Slot[]
  readonly maps: readonly Slot[]
}

/** Everything in a recipe that a fault can be made of. */
function survey(text: string): Found {
  const [keys, names, scalars, lists, maps]: [
    Found['keys'][number][],
    Slot[],
    Found['scalars'][number][],
    Slot[],
    Slot[],
  ] = [[], [], [], [], []]
  const document = parseDocument(text)
  const seen = new Set<string>()

  function visitPair(map: YAMLMap, pair: Pair, around: Visit): void {
    const { key, value } = pair
    if (!isScalar(key) || !key.range) return
    const name = String(key.value)
    const { path, schema, owner } = around
    const property = schema.properties?.[name]
    const [start, end] = key.range
    const slot = { path: [...path, name], start, end, written: text.slice(start, end), schema: property ?? {} }
    const others = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {}
    if (property === undefined) names.push(slot)
    else {
      const required = 'required' in schema && Array.isArray(schema.required) ? schema.required : []
      const isLine =
        map.items.length > 1 &&
        map.flow !== true &&
        isScalar(value) &&
        !text.slice(start, value.range?.[1]).includes('\n')
      keys.push({ ...slot, isRequired: required.includes(name), owner, line: isLine })
    }
    visit(value, { path: slot.path, schema: property ?? others, owner: start })
  }

  interface Visit {
    readonly path: readonly string[]
    readonly schema: SchemaNode
    /** Offset of the mapping's name. */
    readonly owner: number
  }

  function visit(node: unknown, { path, schema, owner }: Visit): void {
    if (isAlias(node) || (!isScalar(node) && !isMap(node) && !isSeq(node)) || !node.range) return
    const [start, end] = node.range
    const target = resolved(schema)
    const slot = { path, start, end, written: text.slice(start, end), schema }
    if (isScalar(node)) {
      scalars.push({ ...slot, isInserted: slot.written.includes('${') })
      return
    }
    const option = target.anyOf?.map(resolved).find(({ type }) => type === (isMap(node) ? 'object' : 'array')) ?? target
    if (isSeq(node)) {
      lists.push(slot)
      node.items.forEach((item, index) => {
        const itemStart = (isMap(item) || isScalar(item)) && item.range ? item.range[0] : start
        visit(item, { path: [...path, String(index)], schema: option.items ?? {}, owner: itemStart })
      })
      return
    }
    const variant = option.oneOf ? resolved(variantOf(option, node.get('kind')) ?? {}) : option
    // Entries of one kind are written alike: one of each is enough.
    const identity = JSON.stringify([path[0], node.get('kind'), path.length > 3 ? path.at(-1) : ''])
    const isNew = path[0] !== 'params' && !seen.has(identity)
    seen.add(identity)
    if (path.length > 0) maps.push(slot)
    for (const pair of node.items) if (isNew || path.length < 2) visitPair(node, pair, { path, schema: variant, owner })
  }
  visit(document.contents, { path: [], schema: recipeSchema, owner: 0 })
  return { keys, names, scalars, lists, maps }
}

const replaced = (text: string, { start, end }: Pick<Slot, 'start' | 'end'>, by: string): string =>
  text.slice(0, start) + by + text.slice(end)

const lineOf = (text: string, offset: number) => {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const end = text.indexOf('\n', offset)
  return { start, end: end === -1 ? text.length : end + 1 }
}

const enumOf = (schema: SchemaNode): boolean => {
  const target = resolved(schema)
  return target.enum !== undefined || target.const !== undefined
}

const references = new Set(['DatasetRef', 'ModelRef'])

/** True if a scalar refers to another entry. */
const isReference = ({ path, schema }: Slot): boolean =>
  references.has(definitionName(schema) ?? '') ||
  path.at(-1) === 'over' ||
  path.at(-1) === 'metric' ||
  (path[0] === 'train' && path.length === 3 && path[2] === 'model') ||
  (path[0] === 'train' && path[4] === 'data')

/** Every mutation of a recipe. */
export function mutationsOf(text: string): readonly Mutation[] {
  const found = survey(text)
  const scalars = found.scalars.filter(({ path, isInserted }) => path[0] !== 'params' && !isInserted)
  return [
    ...typos(text, found, scalars),
    ...wrongTypes(text, { ...found, scalars }),
    ...wrongReferences(text, found, scalars),
    ...ambiguous(text, scalars),
    ...layout(text, found),
  ]
}

function typos(text: string, { keys, scalars: all }: Found, scalars: readonly Slot[]): readonly Mutation[] {
  const slip = (sort: string, slot: Slot, word = slot.written): readonly Mutation[] => {
    const start = slot.start + slot.written.indexOf(word)
    return slips(word).map(by => ({
      sort,
      what: `${slot.path.join('.')}: '${word}' -> '${by}'`,
      text: replaced(text, { start, end: start + word.length }, by),
      at: slot.start,
      isTypo: true,
    }))
  }
  return [
    ...keys.filter(({ path }) => path[0] !== 'params' || path.length === 1).flatMap(key => slip('typo in a key', key)),
    ...scalars.filter(({ schema }) => enumOf(schema)).flatMap(value => slip('typo in a choice', value)),
    ...scalars
      .filter(isReference)
      .flatMap(value => value.written.split('.').flatMap(part => slip('typo in a reference', value, part))),
    ...all
      .filter(({ isInserted, written }) => isInserted && /^\$\{params\.\w+\}$/.test(written))
      .flatMap(value => slip('typo in a parameter', value, value.written.slice(9, -1))),
  ]
}

/** Types that no field has, in place of every value. */
function wrongTypes(text: string, { scalars, lists, maps }: Found): readonly Mutation[] {
  const change = (sort: string, slot: Slot, by: string): Mutation => ({
    sort,
    what: `${slot.path.join('.')}: ${by}`,
    text: replaced(text, slot, by),
    at: slot.start,
    isTypo: false,
  })
  const numbers = scalars.filter(({ schema }) => [resolved(schema).type].flat().some(isNumeric))
  const units = new Set(['Distance', 'Duration', 'Bytes'])
  return [
    ...numbers.flatMap(slot =>
      ['lots', 'true', '[1]', '{ a: 1 }', '~', '"7x"'].map(by => change('wrong type', slot, by)),
    ),
    ...numbers
      .filter(({ path }) => !['at_least', 'at_most', 'expect'].includes(path.at(-1) ?? ''))
      .map(slot => change('out of range', slot, '-1')),
    ...numbers
      .filter(({ schema }) => resolved(schema).type === 'integer')
      .map(slot => change('wrong type', slot, '1.5')),
    ...scalars
      .filter(({ schema }) => units.has(definitionName(schema) ?? ''))
      .flatMap(slot => ['300', '300mi', '-5km', 'km'].map(by => change('wrong unit', slot, by))),
    ...scalars
      .filter(({ schema }) => definitionName(schema) === 'Count')
      .flatMap(slot => ['1.5', '2kk', '3 thousand', '-4'].map(by => change('wrong unit', slot, by))),
    ...scalars
      .filter(({ schema }) => resolved(schema).type === 'boolean')
      .flatMap(slot => ['1', 'maybe'].map(by => change('wrong type', slot, by))),
    ...lists
      .filter(({ written, path }) => written.startsWith('[') && path.length > 1)
      .flatMap(slot =>
        ['5', ...('minItems' in resolved(slot.schema) ? ['[]'] : [])].map(by =>
          change(by === '[]' ? 'out of range' : 'wrong type', slot, by),
        ),
      ),
    ...maps.filter(({ written }) => written.startsWith('{')).map(slot => change('wrong type', slot, '5')),
  ]
}

const isNumeric = (type: unknown): boolean => type === 'number' || type === 'integer'

/** References to nothing, and to things of another kind. */
function wrongReferences(text: string, { scalars: all }: Found, scalars: readonly Slot[]): readonly Mutation[] {
  const nameIn = (section: string): string =>
    new RegExp(`^${section}:\n(?:  .*\n|\n)*?  ([a-z_]+):`, 'm').exec(text)?.[1] ?? ''
  const [dataset, architecture, trained] = [nameIn('sources'), nameIn('models'), nameIn('train')]
  const wrongOf = (slot: Slot): readonly string[] => {
    const last = slot.path.at(-1)
    if (last === 'metric' || last === 'over')
      return ['nowhere.mean_recall', `${trained}.mean_recall`, `${dataset}.nothing`]
    if (definitionName(slot.schema) === 'ModelRef') return ['nowhere', dataset, architecture, `${trained}.zeroth`]
    if (last === 'model') return ['nowhere', dataset]
    return ['nowhere', architecture, trained, `${dataset}.middle`]
  }
  const filters = all.filter(({ path }) => path[0] === 'filters' && path[2] === 'from')
  const lineage = (name: string): readonly string[] => {
    const from = filters.find(({ path }) => path[1] === name)
    return from === undefined ? [name] : [name, ...lineage(from.written)]
  }
  return [
    ...scalars.filter(isReference).flatMap(slot =>
      wrongOf(slot).map(by => ({
        sort: 'wrong reference',
        what: `${slot.path.join('.')}: ${by}`,
        text: replaced(text, slot, by),
        at: slot.start,
        isTypo: false,
      })),
    ),
    // Each filter from itself and from those that are made of it.
    ...filters.flatMap(slot =>
      filters
        .map(({ path }) => path[1] ?? '')
        .filter(other => lineage(other).includes(slot.path[1] ?? ''))
        .map(by => ({
          sort: 'cycle',
          what: `${slot.path.join('.')}: ${by}`,
          text: replaced(text, slot, by),
          at: slot.start,
          isTypo: false,
        })),
    ),
  ]
}

/** Spellings that readers of YAML 1.1 and 1.2 take for different values, where the type of the field does not choose one. */
function ambiguous(text: string, scalars: readonly Slot[]): readonly Mutation[] {
  const spellings = ['no', 'yes', 'Off', '1e-4', '010', '12:30', '0o10', '1_000', '2024-01-02', '0b11', '08']
  const isDecided = (by: string, schema: SchemaNode): boolean => {
    const readings = ambiguity(by)?.readings.map(({ value }) => value) ?? [Number.isNaN(Number(by)) ? by : Number(by)]
    return readings.filter(value => isOfType(schema, value)).length === 1
  }
  return scalars
    .filter(({ path }) => path.length < 5)
    .filter((_, index) => index % 4 === 0)
    .flatMap(slot =>
      spellings
        .filter(by => isReference(slot) || !isDecided(by, slot.schema))
        .map(by => ({
          sort: 'ambiguous scalar',
          what: `${slot.path.join('.')}: ${by}`,
          text: replaced(text, slot, by),
          at: slot.start,
          isTypo: false,
        })),
    )
}

/** Lines that are given twice, left out, or indented by tabs. */
function layout(text: string, { keys, names }: Found): readonly Mutation[] {
  const ownLines = keys.filter(({ line, start }) => line && /^ *$/.test(text.slice(lineOf(text, start).start, start)))
  const twice = ownLines.map(({ path, start }): Mutation => {
    const line = lineOf(text, start)
    return {
      sort: 'duplicate key',
      what: `${path.join('.')} twice`,
      text: text.slice(0, line.end) + text.slice(line.start, line.end) + text.slice(line.end),
      at: start + line.end - line.start,
      isTypo: false,
    }
  })
  const missing = ownLines
    .filter(({ isRequired }) => isRequired)
    .map(({ path, start, owner }): Mutation => {
      const line = lineOf(text, start)
      return {
        sort: 'missing key',
        what: `${path.join('.')} left out`,
        text: text.slice(0, line.start) + text.slice(line.end),
        at:
          path.length === 1
            ? (keys.find(({ path: [other] }) => other !== path[0])?.start ?? 0) - line.end + line.start
            : owner,
        isTypo: false,
      }
    })
  const tabs = ownLines
    .filter(({ path }) => path.length > 1)
    .filter((_, index) => index % 3 === 0)
    .map(({ path, start }): Mutation => {
      const line = lineOf(text, start)
      return {
        sort: 'tab',
        what: `${path.join('.')} indented by a tab`,
        text: `${text.slice(0, line.start)}\t${text.slice(start)}`,
        at: line.start,
        isTypo: false,
      }
    })
  const badNames = names
    .filter(({ path }) => path.length === 2 && ['evaluate', 'claims'].includes(path[0] ?? ''))
    .filter(({ written }) => !text.includes(`metric: ${written}`) && !text.includes(`over: ${written}`))
    .flatMap(slot =>
      [`X${slot.written}`, `"2 ${slot.written}"`].map(by => ({
        sort: 'bad name',
        what: `${slot.path.join('.')}: ${by}`,
        text: replaced(text, slot, by),
        at: slot.start,
        isTypo: false,
      })),
    )
  return [...twice, ...missing, ...tabs, ...badNames]
}
