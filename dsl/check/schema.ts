/** Checks a located recipe against the schema: ajv finds faults, one diagnostic is made of each root fault. */
import { type Located, locate, plain, type Span, type ValuePath } from '../read/located.ts'
import { type Code, type Details, type Diagnostic, diagnose, replaceWith } from './diagnostic.ts'
import { atPointer, decoded, type Failure, kindsOf, resolved, type SchemaNode } from './schema_node.ts'
import { suggest } from './suggest.ts'
import { validate } from './validate_recipe.ts'

/** Every root fault of shape, kind, type and range. References and meaning are checked later. */
export function checkSchema(recipe: Located): readonly Diagnostic[] {
  if (validate(plain(recipe))) return []
  const failures: readonly Failure[] = validate.errors ?? []
  const pointers = new Set(failures.map(({ instancePath }) => instancePath))
  return [...pointers].flatMap(pointer => {
    const group = failures.filter(({ instancePath }) => instancePath === pointer)
    return diagnosePlace(recipe, pathOf(pointer), group)
  })
}

const pathOf = (pointer: string): ValuePath => pointer.split('/').slice(1).map(decoded)

/** The place of one value and the failures there. */
interface Place {
  readonly path: ValuePath
  readonly value: Located
  /** The key that leads to the value; for the root and for items of lists, the value itself. */
  readonly name: Span
}

function diagnosePlace(recipe: Located, path: ValuePath, failures: readonly Failure[]): readonly Diagnostic[] {
  const found = locate(recipe, path)
  if (found === undefined) return []
  const place: Place = { path, value: found.value, name: found.key ?? startOf(found.value) }
  const types = failures.filter(({ keyword }) => keyword === 'type')
  const others = failures.filter(({ keyword }) => !wrappers.has(keyword) && keyword !== 'type')
  const inUnion = failures.some(({ keyword }) => keyword === 'anyOf')
  if (others.length === 0 && types.length > 0 && (inUnion || types.length === failures.length))
    return [wrongType(place, types)]
  return [...keyFaults(place, others), ...others.flatMap(failure => valueFault(place, failure))]
}

const wrappers = new Set(['anyOf', 'oneOf', 'propertyNames'])

/** For a block mapping, its first key: underlining all of it would say nothing. */
function startOf(value: Located): Span {
  const [first] = value.kind === 'map' ? value.entries.values() : []
  return first?.key ?? value.span
}

/** Unknown and missing keys of one mapping. A misspelt required key is one fault, not two. */
function keyFaults(place: Place, failures: readonly Failure[]): readonly Diagnostic[] {
  const { value } = place
  if (value.kind !== 'map') return []
  const missing = new Set(
    failures.filter(({ keyword }) => keyword === 'required').map(({ params }) => String(params.missingProperty)),
  )
  const unknown = failures.filter(({ keyword }) => keyword === 'additionalProperties')
  const diagnostics: Diagnostic[] = []
  const unchosen = [...value.entries.keys()].find(key => missing.has('kind') && suggest(key, ['kind']) !== undefined)
  if (unchosen !== undefined)
    diagnostics.push(unknownKey(value.entries.get(unchosen)?.key ?? place.name, unchosen, ['kind'], missing))
  for (const { params, schemaPath } of unknown) {
    const key = String(params.additionalProperty)
    const allowed = Object.keys(atPointer(parentOf(schemaPath))?.properties ?? {}).filter(
      name => !value.entries.has(name),
    )
    diagnostics.push(unknownKey(value.entries.get(key)?.key ?? place.name, key, allowed, missing))
  }
  const required = failures.find(({ keyword }) => keyword === 'required')
  for (const key of missing) diagnostics.push(missingKey(place, key, required?.schemaPath ?? ''))
  return diagnostics
}

const parentOf = (pointer: string): string => pointer.slice(0, pointer.lastIndexOf('/'))

function unknownKey(span: Span, key: string, allowed: readonly string[], missing: Set<string>): Diagnostic {
  const meant = suggest(key, allowed)
  if (meant !== undefined) missing.delete(meant)
  return diagnose('unknown-key', span, {
    message: `'${key}' is no key here`,
    ...(meant === undefined
      ? { fix: { hint: `remove it; keys here are ${allowed.join(', ') || 'all given'}` } }
      : replaceWith(span, meant)),
  })
}

function missingKey({ name, path }: Place, key: string, schemaPath: string): Diagnostic {
  const owner = atPointer(parentOf(schemaPath))
  const property = owner?.properties?.[key]
  const kinds = key === 'kind' && owner ? kindsOf(owner) : []
  const about =
    kinds.length > 0
      ? `one of ${kinds.join(', ')}`
      : (property?.description ?? resolved(property ?? {}).description ?? '')
  const subject = path.length === 0 ? 'The recipe' : `'${path.join('.')}'`
  return diagnose('missing-key', name, {
    message: `${subject} lacks '${key}'`,
    fix: { hint: `add '${key}:'${about === '' ? '' : ` (${about.replace(/\.$/, '')})`}` },
  })
}

function wrongType({ path, value }: Place, types: readonly Failure[]): Diagnostic {
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

/** When a parameter brought the value, shows where that is set. */
function inserted(value: Located): Details {
  return value.kind === 'scalar' && value.origin
    ? { related: [{ span: value.origin, message: 'the parameter is set here' }] }
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
    return replaceWith(span, value.value)
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

/** Faults of a value as such. */
function valueFault(place: Place, failure: Failure): readonly Diagnostic[] {
  const { params, keyword } = failure
  switch (keyword) {
    case 'discriminator':
      return unknownKind(place, kindsOf(atPointer(parentOf(failure.schemaPath)) ?? {}))
    case 'const':
      return place.path.at(-1) === 'kind'
        ? [notOneOf('unknown-kind', place, [params.allowedValue])]
        : [notOneOf('unknown-value', place, [params.allowedValue])]
    case 'enum':
      return [notOneOf('unknown-value', place, Array.isArray(params.allowedValues) ? params.allowedValues : [])]
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
      return [outOfRange(place, `${boundWords[keyword]} ${String(params.limit)}`)]
    case 'minItems':
    case 'minProperties':
      return [outOfRange(place, `at least ${String(params.limit)} long`)]
    case 'multipleOf':
      return [badQuantity(place, atPointer(parentOf(failure.schemaPath)))]
    case 'pattern':
      return patternFault(place, failure)
    default:
      return []
  }
}

const boundWords = { minimum: 'at least', maximum: 'at most', exclusiveMinimum: 'above' }

/** A kind that is text but none of the known; other faults of `kind` are told as a missing key or a type. */
function unknownKind({ value, path }: Place, kinds: readonly string[]): readonly Diagnostic[] {
  const kind = value.kind === 'map' ? value.entries.get('kind')?.value : undefined
  return kind === undefined
    ? []
    : [notOneOf('unknown-kind', { path: [...path, 'kind'], value: kind, name: kind.span }, kinds)]
}

function notOneOf(code: Code, { value, path }: Place, allowed: readonly unknown[]): Diagnostic {
  const names = allowed.map(String)
  const written = value.kind === 'scalar' ? String(value.value) : ''
  const meant = suggest(written, names) ?? (names.length === 1 ? names[0] : undefined)
  return diagnose(code, value.kind === 'scalar' ? value.span : startOf(value), {
    message: `'${path.join('.')}' is ${value.kind === 'scalar' ? `'${written}'` : describe(value)}, which is none of ${names.join(', ')}`,
    expected: names.join(', '),
    ...inserted(value),
    ...(meant === undefined ? { fix: { hint: `write one of ${names.join(', ')}` } } : replaceWith(value.span, meant)),
  })
}

function outOfRange({ path, value }: Place, bound: string): Diagnostic {
  return diagnose('out-of-range', value.kind === 'scalar' ? value.span : startOf(value), {
    message:
      value.kind === 'scalar'
        ? `'${path.join('.')}' is ${String(value.value)}; it is ${bound}`
        : `'${path.join('.')}' is too short; it is ${bound}`,
    expected: bound,
    ...inserted(value),
  })
}

function patternFault(place: Place, failure: Failure): readonly Diagnostic[] {
  const { params, propertyName } = failure
  const definition = Object.entries(atPointer('#/$defs') ?? {}).find(
    ([, schema]: [string, SchemaNode]) => schema.pattern === params.pattern,
  )?.[0]
  // References have checks of their own, which know the names that exist.
  if (definition === 'DatasetRef' || definition === 'ModelRef') return []
  if (definition === 'Count' || definition === 'Distance')
    return [badQuantity(place, atPointer(`#/$defs/${definition}`))]
  const { value } = place
  if (propertyName !== undefined && value.kind === 'map')
    return [badName(value.entries.get(propertyName)?.key ?? place.name, propertyName)]
  const written = value.kind === 'scalar' ? String(value.value) : ''
  if (definition === 'Name') return [badName(value.span, written)]
  return [
    diagnose('bad-name', value.span, {
      message: `'${place.path.join('.')}' is '${written}'; it is written ENTRY.METRIC, such as 'retrieval.mean_recall'`,
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

function badQuantity({ path, value }: Place, schema: SchemaNode | undefined): Diagnostic {
  const written = value.kind === 'scalar' ? String(value.value) : ''
  const expected = (schema?.description ?? '').replaceAll('`', "'").replace(/\.$/, '')
  return diagnose('bad-quantity', value.span, {
    message: `'${path.join('.')}' is '${written}'; it is ${expected.charAt(0).toLowerCase()}${expected.slice(1)}`,
    expected,
    ...inserted(value),
    ...replaceWith(value.span, properQuantity(written)),
  })
}

/** The spelling that was probably meant: spaces, commas and cases of letters aside. */
function properQuantity(written: string): string | undefined {
  const [, digits, unit = ''] = /^([0-9.]+)\s*([a-zA-Z]*)$/.exec(written.trim().replaceAll(',', '')) ?? []
  const proper = { k: 'k', m: 'M', g: 'G', km: 'km', kilometres: 'km', metres: 'm' }[unit.toLowerCase()]
  return digits === undefined || proper === undefined || digits + proper === written ? undefined : `${digits}${proper}`
}
