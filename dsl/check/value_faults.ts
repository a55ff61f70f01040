/** Faults of single values: type, kind, range, spelling. */

import { type Code, type Details, type Diagnostic, diagnose, replaceWith } from '../diagnostics/diagnostic.ts'
import { suggest } from '../diagnostics/suggest.ts'
import { type Failure, kindsOf, recipeSchema, type SchemaNode } from '../schema/schema_node.ts'
import type { Located, Span, ValuePath } from '../values/located.ts'
import { isQuantity } from '../values/quantities.ts'

/** The place of a value. */
export interface ValuePlace {
  readonly path: ValuePath
  readonly value: Located
  /** The key that leads to the value; for the root and for items of lists, the value itself. */
  readonly name: Span
  readonly schema: SchemaNode
}

/** The span to underline: for a mapping, its first key or its brace, not all of it. */
export function startOf(value: Located): Span {
  const { span } = value
  if (value.kind !== 'map') return span
  if (span.source.text[span.start] === '{') return { ...span, end: span.start + 1 }
  const [first] = value.entries.values()
  return first?.key ?? span
}

/** The value has none of the types that belong there. */
export function wrongType(place: ValuePlace, types: readonly Failure[]): Diagnostic {
  const { path, value, schema } = place
  const isNumber = value.kind === 'scalar' && typeof value.value === 'number'
  if (isNumber && bareHints(schema) !== undefined) return badQuantity(place)
  const expected = [...new Set(types.flatMap(({ params }) => String(params.type).split(',')))].map(words).join(' or ')
  const actual = describe(value)
  return diagnose('type-mismatch', value.kind === 'scalar' ? value.span : startOf(value), {
    message: `'${path.join('.') || 'The recipe'}' is ${expected}, not ${actual}`,
    expected,
    actual,
    ...inserted(value),
    ...typeFix(value, types),
  })
}

/** A related place for a value that a parameter inserted: the value of the parameter. */
function inserted(value: Located): Details {
  return value.kind === 'scalar' && value.origin
    ? { related: [{ span: value.origin.span, message: 'the parameter is set here' }] }
    : {}
}

function typeFix(value: Located, types: readonly Failure[]): Details {
  const wants = (type: string) => types.some(({ params }) => String(params.type).split(',').includes(type))
  if (value.kind !== 'scalar') return {}
  const { span } = value
  const written = span.source.text.slice(span.start, span.end)
  if (wants('array') && value.value !== null)
    return { fix: { hint: `write [${written}]`, edit: { span, text: `[${written}]` } } }
  const isQuotedNumber = typeof value.value === 'string' && /^-?[0-9]+(\.[0-9]+)?$/.test(value.value)
  if (isQuotedNumber && (wants('number') || wants('integer')) && written !== value.value)
    return { fix: { hint: `write ${value.value} without quotes`, edit: { span, text: value.value } } }
  if (wants('string') && typeof value.value === 'number')
    return { fix: { hint: `write '${written}' in quotes`, edit: { span, text: `'${written}'` } } }
  if (value.value === null) return { fix: { hint: 'give a value or remove the key' } }
  return {}
}

const words = (type: string): string => typeWords[type] ?? type

const typeWords: { readonly [type: string]: string } = {
  object: 'a mapping',
  array: 'a list',
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
}

function describe(value: Located): string {
  if (value.kind === 'map') return 'a mapping'
  if (value.kind === 'list') return 'a list'
  if (value.value === null) return 'nothing'
  return typeof value.value === 'string' ? `the text '${value.value}'` : String(value.value)
}

/** One failed keyword as a diagnostic; none if another diagnostic covers it. */
export function valueFault(place: ValuePlace, failure: Failure): readonly Diagnostic[] {
  const { params, keyword } = failure
  switch (keyword) {
    case 'discriminator':
      return unknownKind(place, kindsOf(place.schema))
    case 'const':
      return place.path.at(-1) === 'kind'
        ? [notOneOf('unknown-kind', place, [params.allowedValue])]
        : [notOneOf('unknown-value', place, [params.allowedValue])]
    case 'enum':
      return [notOneOf('unknown-value', place, Array.isArray(params.allowedValues) ? params.allowedValues : [])]
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return [outOfRange(place, `${boundWords[keyword]} ${String(params.limit)}`)]
    case 'minItems':
    case 'minProperties':
      return [wrongLength(place, { words: 'too little', bound: 'at least', limit: Number(params.limit) })]
    case 'maxItems':
      return [wrongLength(place, { words: 'too much', bound: 'at most', limit: Number(params.limit) })]
    case 'multipleOf':
      return [badQuantity(place)]
    case 'pattern':
      return patternFault(place, failure)
    default:
      return []
  }
}

const boundWords = { minimum: 'at least', maximum: 'at most', exclusiveMinimum: 'above', exclusiveMaximum: 'below' }

/** The fault of an unknown kind that is text; other faults of `kind` are missing keys or wrong types. */
function unknownKind({ value, path, schema }: ValuePlace, kinds: readonly string[]): readonly Diagnostic[] {
  const kind = value.kind === 'map' ? value.entries.get('kind')?.value : undefined
  return kind === undefined
    ? []
    : [notOneOf('unknown-kind', { path: [...path, 'kind'], value: kind, name: kind.span, schema }, kinds)]
}

function notOneOf(code: Code, { value, path }: ValuePlace, allowed: readonly unknown[]): Diagnostic {
  const names = allowed.map(String)
  const written = value.kind === 'scalar' ? String(value.value) : ''
  const meant = suggest(written, names) ?? (names.length === 1 ? names[0] : undefined)
  return diagnose(code, value.kind === 'scalar' ? value.span : startOf(value), {
    message: `'${path.join('.')}' is ${value.kind === 'scalar' ? `'${written}'` : describe(value)}, which is none of ${names.join(', ')}`,
    expected: names.join(', '),
    ...inserted(value),
    ...replaceWith(value.span, meant, { otherwise: `write one of ${names.join(', ')}` }),
  })
}

function outOfRange({ path, value }: ValuePlace, bound: string): Diagnostic {
  const written = value.kind === 'scalar' ? String(value.value) : describe(value)
  return diagnose('out-of-range', value.span, {
    message: `'${path.join('.')}' is ${written}; it is ${bound}`,
    expected: bound,
    ...inserted(value),
  })
}

function wrongLength(
  { path, value, name }: ValuePlace,
  { words, bound, limit }: { readonly words: string; readonly bound: string; readonly limit: number },
): Diagnostic {
  const expected = `${bound} ${limit} ${value.kind === 'list' ? 'item' : 'key'}${limit === 1 ? '' : 's'}`
  return diagnose('out-of-range', value.kind === 'list' ? value.span : name, {
    message: `'${path.join('.')}' has ${words}; it has ${expected}`,
    expected,
  })
}

/** The definition that a pattern belongs to: `Distance`, `Name`. */
const definitionOf = (pattern: unknown): string | undefined =>
  Object.entries(recipeSchema.$defs ?? {}).find(([, schema]) => schema.pattern === pattern)?.[0]

/** True for the patterns of references, which have checks of their own: these know the names that exist. */
export const isReferencePattern = (pattern: unknown): boolean =>
  ['DatasetRef', 'ModelRef'].includes(definitionOf(pattern) ?? '')

function patternFault(place: ValuePlace, failure: Failure): readonly Diagnostic[] {
  const { params, propertyName } = failure
  if (isReferencePattern(params.pattern)) return []
  const definition = definitionOf(params.pattern)
  if (isQuantity(definition)) return [badQuantity(place)]
  const { value } = place
  if (propertyName !== undefined && value.kind === 'map')
    return [badName(value.entries.get(propertyName)?.key ?? place.name, propertyName)]
  const written = value.kind === 'scalar' ? String(value.value) : ''
  if (definition === 'Name') return [badName(value.span, written)]
  return [
    diagnose('bad-name', value.span, {
      message: `'${place.path.join('.')}' is '${written}'; it is written STAGE.METRIC, such as 'retrieval.mean_recall'`,
    }),
  ]
}

function badName(span: Span, name: string): Diagnostic {
  const proper = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '_')
    .replace(/^[^a-z]+/, '')
  return diagnose('bad-name', span, {
    message: `'${name}' is no name: names are lower-case letters, digits, '_' and '-', and begin with a letter`,
    ...replaceWith(span, proper === '' ? undefined : proper),
  })
}

function badQuantity({ path, value, schema }: ValuePlace): Diagnostic {
  const written = value.kind === 'scalar' ? String(value.value) : ''
  const expected = (schema.description ?? '').replaceAll('`', "'").replace(/\.$/, '')
  return diagnose('bad-quantity', value.span, {
    message: `'${path.join('.')}' is '${written}'; it is ${expected.charAt(0).toLowerCase()}${expected.slice(1)}`,
    expected,
    ...inserted(value),
    ...quantityFix(value.span, written, schema),
  })
}

function quantityFix(span: Span, written: string, schema: SchemaNode): Details {
  const units = /^[0-9.]+$/.test(written) ? bareHints(schema) : undefined
  return units === undefined
    ? replaceWith(span, properQuantity(written, schema))
    : { fix: { hint: `write ${units.map(unit => `'${written}${unit}'`).join(' or ')}` } }
}

/** Units to offer where a quantity that needs one was written without. */
function bareHints({ pattern }: SchemaNode): readonly string[] | undefined {
  if (pattern === undefined) return undefined
  if (pattern === recipeSchema.$defs?.Distance?.pattern) return ['km', 'm']
  if (pattern === recipeSchema.$defs?.Bytes?.pattern) return ['GiB', 'MiB']
  return pattern === recipeSchema.$defs?.Duration?.pattern ? ['s', 'm'] : undefined
}

/** The spelling that was probably meant: spaces, commas and cases of letters aside. */
function properQuantity(written: string, { pattern }: SchemaNode): string | undefined {
  const [, digits, unit = ''] = /^([0-9.]+)\s*([a-zA-Z]*)$/.exec(written.trim().replaceAll(',', '')) ?? []
  const isBytes = pattern !== undefined && pattern === recipeSchema.$defs?.Bytes?.pattern
  const units: { readonly [unit: string]: string } = isBytes
    ? { m: 'MiB', mb: 'MiB', mib: 'MiB', g: 'GiB', gb: 'GiB', gib: 'GiB', t: 'TiB', tb: 'TiB', tib: 'TiB' }
    : { k: 'k', m: 'M', g: 'G', km: 'km', kilometres: 'km', metres: 'm' }
  const proper = units[unit.toLowerCase()]
  return digits === undefined || proper === undefined || digits + proper === written ? undefined : `${digits}${proper}`
}
