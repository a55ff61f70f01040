/** The changes between two recipes, as their authors wrote them: one change for one edit. */
import { canonical } from '../values/canonical.ts'
import { isJsonList, type Json } from '../values/json.ts'
import { printDelta, printQuantity } from '../values/quantities.ts'
import type { Variant } from './load.ts'
import { type RecipeMap, type RecipeNode, type RecipeValue, recipeValues } from './recipe_values.ts'

/** One change. */
export interface RecipeChange {
  readonly kind: 'changed' | 'added' | 'removed'
  /** Dotted; phases go by name: `train.pretrain.phases.mix.learning_rate`. */
  readonly path: string
  /** The spelling, or the default; of a removed mapping, its entries in one line. */
  readonly before?: string
  readonly after?: string
  /** The size of the change: `+12k, x1.33`; for lists, the items that were added and removed. */
  readonly delta?: string
  /** Paths of the values that changed with a parameter. */
  readonly places: readonly string[]
}

interface NodeChange {
  readonly path: string
  readonly before?: RecipeNode
  readonly after?: RecipeNode
  /** Set if only the order of entries changed. */
  readonly isOrder?: true
}

/** The changes from one recipe to another, in the order of the recipe. */
export function recipeChanges(before: Variant, after: Variant): readonly RecipeChange[] {
  const found = mapChanges('', recipeValues(before), recipeValues(after))
  const byParam = new Map<string, NodeChange[]>()
  for (const one of found) {
    const name = paramOf(one)
    if (name !== undefined) byParam.set(name, [...(byParam.get(name) ?? []), one])
  }
  const named = new Set(found.map(({ path }) => path))
  const isListed = (name: string): boolean => ['params', 'matrix'].some(section => named.has(`${section}.${name}`))
  return found.flatMap(one => {
    const inserted = paramOf(one)
    if (inserted !== undefined && isListed(inserted)) return []
    const [, parameter = ''] = /^(?:params|matrix)\.(.*)$/.exec(one.path) ?? []
    return [described(one, byParam.get(parameter) ?? [])]
  })
}

/** The parameter that both values come from. */
function paramOf({ before, after }: NodeChange): string | undefined {
  if (before?.kind !== 'value' || after?.kind !== 'value') return undefined
  return before.param === after.param ? after.param : undefined
}

function mapChanges(path: string, before: RecipeMap, after: RecipeMap): readonly NodeChange[] {
  const names = new Set([...after.entries.keys(), ...before.entries.keys()])
  const inner = [...names].flatMap(name => {
    const at = path === '' ? name : `${path}.${name}`
    return nodeChanges(at, before.entries.get(name), after.entries.get(name))
  })
  const shared = (of: RecipeMap, other: RecipeMap) => [...of.entries.keys()].filter(name => other.entries.has(name))
  const isReordered = after.isOrdered && shared(before, after).join(' ') !== shared(after, before).join(' ')
  return isReordered ? [{ path, before, after, isOrder: true }, ...inner] : inner
}

function nodeChanges(
  path: string,
  before: RecipeNode | undefined,
  after: RecipeNode | undefined,
): readonly NodeChange[] {
  if (before === undefined || after === undefined) {
    const only = before ?? after
    if (only === undefined || isUnwritten(only)) return []
    return [{ path, ...(before && { before }), ...(after && { after }) }]
  }
  if (before.kind === 'map' && after.kind === 'map') return mapChanges(path, before, after)
  if (before.kind === 'value' && after.kind === 'value' && canonical(before.value) === canonical(after.value)) return []
  return [{ path, before, after }]
}

/** True if no part of it is written: a default, or a collection of nothing but defaults. */
const isUnwritten = (node: RecipeNode): boolean =>
  node.kind === 'value' ? node.isDefault : [...node.entries.values()].every(isUnwritten)

function described({ path, before, after, isOrder }: NodeChange, insertedAt: readonly NodeChange[]): RecipeChange {
  const places = insertedAt.map(one => one.path)
  if (before === undefined || after === undefined)
    return {
      kind: before === undefined ? 'added' : 'removed',
      path,
      ...(before && { before: inOneLine(before) }),
      ...(after && { after: inOneLine(after) }),
      places,
    }
  const text = (node: RecipeNode): string =>
    isOrder && node.kind === 'map' ? [...node.entries.keys()].join(', ') : inOneLine(node)
  const delta = isOrder ? 'order' : deltaOf(path, { before, after }, insertedAt)
  return {
    kind: 'changed',
    path,
    before: text(before),
    after: text(after),
    ...(delta !== undefined && { delta }),
    places,
  }
}

function inOneLine(node: RecipeNode): string {
  if (node.kind === 'value') return node.isDefault ? `${node.text} (default)` : node.text
  return [...node.entries]
    .filter(([, inner]) => !isUnwritten(inner))
    .map(([name, inner]) => `${name}: ${inner.kind === 'map' ? `{${inOneLine(inner)}}` : inner.text}`)
    .join(', ')
}

interface Sides {
  readonly before?: RecipeNode
  readonly after?: RecipeNode
}

/** The size of a change; that of a parameter is taken from a value it is inserted at, which has a unit. */
function deltaOf(path: string, own: Sides, insertedAt: readonly NodeChange[]): string | undefined {
  const { before, after } = insertedAt.find(({ after }) => numberOf(after) !== undefined) ?? own
  if (before?.kind !== 'value' || after?.kind !== 'value') return undefined
  const [old, now] = [numberOf(before), numberOf(after)]
  // The difference of two seeds has no meaning.
  if (old !== undefined && now !== undefined)
    return /(?:^|[._])seed$/.test(path) ? undefined : printDelta(old, now, after.definition)
  return listDelta(before, after)
}

const numberOf = (node: RecipeNode | undefined): number | undefined =>
  node?.kind === 'value' && typeof node.value === 'number' ? node.value : undefined

/** `+1200km, -300km`. */
function listDelta(before: RecipeValue, after: RecipeValue): string | undefined {
  if (!isJsonList(before.value) || !isJsonList(after.value)) return undefined
  const [old, now] = [before.value, after.value].map(list => new Set(list.map(item => canonical(item))))
  const show = (item: Json): string => (typeof item === 'string' ? item : showNumber(item, after.definition))
  const came = after.value.filter(item => !old?.has(canonical(item))).map(item => `+${show(item)}`)
  const went = before.value.filter(item => !now?.has(canonical(item))).map(item => `-${show(item)}`)
  return [...came, ...went].join(', ') || 'order'
}

const showNumber = (item: Json, definition?: string): string =>
  typeof item === 'number' ? printQuantity(item, definition) : canonical(item)
