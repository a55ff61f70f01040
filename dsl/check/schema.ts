/** Checks a located recipe against the schema: ajv finds faults, one diagnostic is made of each root fault. */

import { type Diagnostic, diagnose, replaceWith } from '../diagnostics/diagnostic.ts'
import { suggest } from '../diagnostics/suggest.ts'
import { decoded, type Failure, kindsOf, recipeSchema, resolved, schemaAt } from '../schema/schema_node.ts'
import { validate } from '../schema/validate_recipe.ts'
import { type Located, type LocatedEntry, type LocatedMap, locate, plain, type ValuePath } from '../values/located.ts'
import { startOf, type ValuePlace, valueFault, wrongType } from './value_faults.ts'

/** Checks the variants of a recipe: after one without faults, only the entries that differ from it. */
export function createSchemaCheck(): (recipe: LocatedMap) => readonly Diagnostic[] {
  let sound: LocatedMap | undefined
  return recipe => {
    if (sound !== undefined && validate(plain(changedPart(recipe, sound)))) return []
    const diagnostics = checkSchema(recipe)
    if (diagnostics.length === 0) sound = recipe
    return diagnostics
  }
}

/** A recipe without the entries that another has as well; sections that are required stay. */
function changedPart(recipe: LocatedMap, sound: LocatedMap): LocatedMap {
  const changed = [...recipe.entries].flatMap(([section, { key, value }]): readonly [string, LocatedEntry][] => {
    const before = sound.entries.get(section)?.value
    const isSame = before === value
    if (isSame && !recipeSchema.required?.includes(section)) return []
    const isOfEntries = typeof recipeSchema.properties?.[section]?.additionalProperties === 'object'
    if (value.kind !== 'map' || before?.kind !== 'map' || !isOfEntries) return [[section, { key, value }]]
    const entries = [...value.entries].filter(([name, entry]) => before.entries.get(name)?.value !== entry.value)
    return [[section, { key, value: { ...value, entries: new Map(entries) } }]]
  })
  return { ...recipe, entries: new Map(changed) }
}

/** Every root fault of shape, kind, type and range. References and meaning are checked later. */
export function checkSchema(recipe: Located): readonly Diagnostic[] {
  if (validate(plain(recipe))) return []
  const failures: readonly Failure[] = validate.errors ?? []
  const groups = new Map<string, Failure[]>()
  for (const failure of failures) {
    const group = groups.get(failure.instancePath)
    if (group) group.push(failure)
    else groups.set(failure.instancePath, [failure])
  }
  return [...groups].flatMap(([pointer, group]) =>
    diagnosePlace(recipe, pointer.split('/').slice(1).map(decoded), group),
  )
}

function diagnosePlace(recipe: Located, path: ValuePath, failures: readonly Failure[]): readonly Diagnostic[] {
  const found = locate(recipe, path)
  if (found === undefined) return []
  const place: ValuePlace = {
    path,
    value: found.value,
    name: found.key ?? startOf(found.value),
    schema: schemaAt(recipe, path),
  }
  const inUnion = failures.some(({ keyword }) => keyword === 'anyOf')
  const types = failures.filter(({ keyword }) => keyword === 'type')
  const ofAll = failures.filter(({ keyword }) => !wrappers.has(keyword) && keyword !== 'type')
  // A list or mapping is validated by the variant of its own type; failures of variants of scalars do not concern it.
  const isWhole = inUnion && place.value.kind !== 'scalar'
  if (isWhole && place.schema.type !== undefined)
    return ofAll.filter(({ keyword }) => !ofScalars.has(keyword)).flatMap(failure => valueFault(place, failure))
  const others = isWhole ? [] : ofAll
  if (others.length === 0 && types.length > 0 && (inUnion || types.length === failures.length))
    return [wrongType(place, types)]
  return [...keyFaults(place, others), ...withOneChoice(others).flatMap(failure => valueFault(place, failure))]
}

/** Values that branches of a union allow, as one choice. */
function withOneChoice(failures: readonly Failure[]): readonly Failure[] {
  const isChoice = ({ keyword }: Failure): boolean => keyword === 'const' || keyword === 'enum'
  const choices = failures.filter(isChoice)
  const [first] = choices
  if (first === undefined || choices.length === 1) return failures
  const allowedValues = choices.flatMap(({ params }) => params.allowedValue ?? params.allowedValues)
  return [...failures.filter(failure => !isChoice(failure)), { ...first, keyword: 'enum', params: { allowedValues } }]
}

const wrappers = new Set(['anyOf', 'oneOf', 'propertyNames'])
const ofScalars = new Set(['enum', 'const'])

/** Unknown and missing keys of one mapping. A misspelt required key is one fault, not two. */
function keyFaults(place: ValuePlace, failures: readonly Failure[]): readonly Diagnostic[] {
  const { value, schema } = place
  if (value.kind !== 'map') return []
  const missing = new Set(
    failures.filter(({ keyword }) => keyword === 'required').map(({ params }) => String(params.missingProperty)),
  )
  const known = schema.oneOf ? ['kind'] : Object.keys(schema.properties ?? {})
  const unknown = failures
    .filter(({ keyword }) => keyword === 'additionalProperties')
    .map(({ params }) => String(params.additionalProperty))
  // Without a kind no variant is chosen and no key was validated; one of them may be a misspelt 'kind'.
  const unchosen = [...value.entries.keys()].filter(key => missing.has('kind') && suggest(key, ['kind']) !== undefined)
  const faults = [...unchosen, ...unknown].map(key => unknownKey(place, { key, known, missing }))
  return [...faults, ...[...missing].map(key => missingKey(place, key))]
}

interface Unknown {
  readonly key: string
  readonly known: readonly string[]
  /** Missing required keys; a key that a misspelt one stands for is removed from them. */
  readonly missing: Set<string>
}

function unknownKey({ value, name }: ValuePlace, { key, known, missing }: Unknown): Diagnostic {
  const given = value.kind === 'map' ? value.entries : new Map<string, LocatedEntry>()
  const span = given.get(key)?.key ?? name
  const open = known.filter(other => !given.has(other))
  const meant = suggest(key, open) ?? suggest(key, known)
  if (meant !== undefined) missing.delete(meant)
  return diagnose('unknown-key', span, {
    message: `'${key}' is no key here`,
    ...replaceWith(span, meant, {
      otherwise: `remove it; keys that may still stand here: ${open.join(', ') || 'none'}`,
    }),
  })
}

function missingKey({ name, path, schema }: ValuePlace, key: string): Diagnostic {
  const property = schema.properties?.[key] ?? {}
  const kinds = key === 'kind' ? kindsOf(schema) : []
  const about =
    kinds.length > 0 ? `one of ${kinds.join(', ')}` : (property.description ?? resolved(property).description ?? '')
  const subject = path.length === 0 ? 'The recipe' : `'${path.join('.')}'`
  return diagnose('missing-key', name, {
    message: `${subject} lacks '${key}'`,
    fix: { hint: `add '${key}:'${about === '' ? '' : ` (${about.replace(/\.$/, '')})`}` },
  })
}
