/** Takes what is faulty out of a recipe, so that the rest of it can be checked in the same pass. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import { decoded } from '../schema/schema_node.ts'
import { validate } from '../schema/validate_recipe.ts'
import { type Located, type LocatedEntry, type LocatedMap, type LocatedScalar, plain } from '../values/located.ts'
import { isAtFault } from './fault_places.ts'
import type { Gaps } from './names.ts'
import { isReferencePattern } from './value_faults.ts'

/** A recipe that passes the schema, without what was faulty. */
export interface Repaired {
  readonly tree: LocatedMap
  readonly gaps: Gaps
}

/** Removals that may follow from each other: a field, its phase, the phases, the entry, the section. */
const mostRounds = 8

/**
 * Removes faulty values of a corrected recipe, and then what is incomplete without them; undefined where that does not
 * end.
 */
export function repair(recipe: LocatedMap, faults: readonly Diagnostic[]): Repaired | undefined {
  const broken = new Set<string>()
  const lost = new Set<string>()
  const onRemove = (path: readonly string[], value: Located): void => {
    const [section = '', name = section] = path
    broken.add(name)
    if (path.length === 2) lost.add(name)
    if (path.length === 1 && value.kind === 'map')
      for (const entry of value.entries.keys()) {
        broken.add(entry)
        lost.add(entry)
      }
  }
  let tree = withoutFaulty(recipe, faults, onRemove)
  for (let round = 0; round < mostRounds; round++) {
    const removed = validate(plain(tree)) ? new Set<string>() : failingPointers()
    if (removed.size === 0) return { tree, gaps: { broken, lost } }
    tree = prune(tree, { isGone: pointer => removed.has(pointer), onRemove })
    tree = completed(tree)
  }
  return undefined
}

/** The recipe with each misspelt key and choice that has one right spelling in that spelling. */
export function corrected(recipe: LocatedMap, faults: readonly Diagnostic[]): LocatedMap {
  const editsOf = (...codes: readonly Diagnostic['code'][]): ReadonlyMap<string, string> =>
    new Map(
      faults.flatMap(({ code, span, fix }) =>
        codes.includes(code) && fix?.edit !== undefined ? [[placeOf(span), fix.edit.text] as const] : [],
      ),
    )
  const keys = editsOf('unknown-key')
  const choices = editsOf('unknown-kind', 'unknown-value')
  return prune(recipe, {
    renameOf: ({ key }, entries) => {
      const name = keys.get(placeOf(key))
      return name === undefined || entries.has(name) ? undefined : name
    },
    choiceOf: ({ span }) => choices.get(placeOf(span)),
  })
}

function withoutFaulty(recipe: LocatedMap, faults: readonly Diagnostic[], onRemove: OnRemove): LocatedMap {
  // Where a key is wrong or missing, no value is; a choice with one right spelling has it.
  const values = faults.filter(
    ({ code, fix }) =>
      code !== 'unknown-key' &&
      code !== 'missing-key' &&
      !((code === 'unknown-kind' || code === 'unknown-value') && fix?.edit !== undefined),
  )
  return completed(
    prune(recipe, {
      isGone: (_, { value, key }) =>
        (value.kind === 'scalar' && isAtFault(value, values)) || values.some(({ span }) => isSame(span, key)),
      onRemove,
    }),
  )
}

const placeOf = ({ source, start }: Diagnostic['span']): string => `${source.path} ${start}`
const isSame = (a: Diagnostic['span'], b: Diagnostic['span'] | undefined): boolean =>
  b !== undefined && placeOf(a) === placeOf(b)

/** JSON pointers of the values that the last validation failed at. References have checks of their own. */
function failingPointers(): ReadonlySet<string> {
  const pointers = new Set<string>()
  for (const { keyword, instancePath, params, propertyName } of validate.errors ?? []) {
    if (keyword === 'pattern' && isReferencePattern(params.pattern)) continue
    if (keyword === 'additionalProperties') pointers.add(`${instancePath}/${encoded(params.additionalProperty)}`)
    else if (propertyName !== undefined) pointers.add(`${instancePath}/${encoded(propertyName)}`)
    else if (keyword !== 'propertyNames') pointers.add(instancePath)
  }
  return pointers
}

const encoded = (step: unknown): string => String(step).replaceAll('~', '~0').replaceAll('/', '~1')

type OnRemove = (path: readonly string[], value: Located) => void

interface Pruning {
  readonly isGone?: (pointer: string, part: { readonly key?: Diagnostic['span']; readonly value: Located }) => boolean
  readonly onRemove?: OnRemove
  readonly choiceOf?: (scalar: LocatedScalar) => string | undefined
  readonly renameOf?: (entry: LocatedEntry, entries: LocatedMap['entries']) => string | undefined
}

/** A copy without some values or with others; mappings and lists of which nothing differs stay the same objects. */
function prune(root: LocatedMap, { isGone, onRemove, renameOf, choiceOf }: Pruning): LocatedMap {
  function inNode(node: Located, pointer: string): Located {
    if (node.kind === 'scalar') {
      const value = choiceOf?.(node)
      return value === undefined ? node : { ...node, value }
    }
    return node.kind === 'map' ? inMap(node, pointer) : inList(node, pointer)
  }
  function inMap(node: LocatedMap, pointer: string): LocatedMap {
    let isChanged = false
    const entries = [...node.entries].flatMap(([name, entry]): readonly (readonly [string, LocatedEntry])[] => {
      const at = `${pointer}/${encoded(name)}`
      if (isGone?.(at, entry)) {
        isChanged = true
        onRemove?.(stepsOf(at), entry.value)
        return []
      }
      const renamed = renameOf?.(entry, node.entries)
      // A key that was meant otherwise is another fault's place: its entry lacks nothing.
      const value = inNode(entry.value, renamed === undefined ? at : `${pointer}/${encoded(renamed)}`)
      isChanged ||= value !== entry.value || renamed !== undefined
      return [[renamed ?? name, value === entry.value ? entry : { ...entry, value }]]
    })
    return isChanged ? { ...node, entries: new Map(entries) } : node
  }
  function inList(node: Located & { readonly kind: 'list' }, pointer: string): Located {
    const items = node.items.flatMap((value, index) => {
      const at = `${pointer}/${index}`
      if (!isGone?.(at, { value })) return [inNode(value, at)]
      onRemove?.(stepsOf(at), value)
      return []
    })
    const isSame = items.length === node.items.length && items.every((item, index) => item === node.items[index])
    return isSame ? node : { ...node, items }
  }
  return inMap(root, '')
}

const stepsOf = (pointer: string): readonly string[] => pointer.split('/').slice(1).map(decoded)

/** A recipe with the keys that every recipe has. */
function completed(recipe: LocatedMap): LocatedMap {
  if (recipe.entries.has('name') && recipe.entries.has('sources')) return recipe
  const { span } = recipe
  const name: LocatedEntry = { key: span, value: { kind: 'scalar', value: 'unnamed', span } }
  const sources: LocatedEntry = { key: span, value: { kind: 'map', entries: new Map(), span } }
  return { ...recipe, entries: new Map([['name', name], ['sources', sources], ...recipe.entries]) }
}
