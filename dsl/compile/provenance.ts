/** The origin of a value of a recipe. */

import { suggest } from '../diagnostics/suggest.ts'
import { schemaAt } from '../schema/schema_node.ts'
import {
  itemIndex,
  type Located,
  type LocatedScalar,
  locate,
  type Removal,
  type Span,
  type ValuePath,
} from '../values/located.ts'
import type { Variant } from './load.ts'
import { cellParameters } from './matrix.ts'
import { declaredParameters } from './parameters.ts'

/** A value and its origin. */
export interface Provenance {
  /** As later steps see it: defaults filled in, quantities in base units. */
  readonly value: unknown
  /** The span of the value; absent for a default. */
  readonly span?: Span
  /** The parameter that the value comes from. */
  readonly parameter?: LocatedScalar
  /** The `null` that removed the written value, if this one is the default in its place. */
  readonly removed?: Span
  /** The values that this one replaced, nearest first: a parameter's default, values of bases. */
  readonly replaced: readonly Located[]
}

/** Finds the origin of a value; items of lists go by index or by `name`. Undefined if there is no such value. */
export function provenance(variant: Variant, steps: readonly string[]): Provenance | undefined {
  const { tree, recipe, cell } = variant
  const path = indexed(tree, steps)
  let value: unknown = recipe
  for (const step of path) {
    const found: unknown = childOf(value, step)
    if (found === undefined) return undefined
    value = found
  }
  const ofCell = path[0] === 'params' && path.length === 2 ? cell.get(String(path[1])) : undefined
  if (ofCell) {
    const own = cellParameters(declaredParameters(tree), cell).get(String(path[1])) ?? ofCell
    return { value: own.value, span: own.span, replaced: replacedBy(own) }
  }
  const found = locate(tree, path)
  if (found === undefined) {
    const removal = removalAt(tree, path)
    return { value, replaced: [], ...(removal && { removed: removal.by, replaced: whole(removal.value) }) }
  }
  const { value: node, key } = found
  const parameter = node.kind === 'scalar' ? node.origin : undefined
  return {
    value,
    span: node.kind === 'scalar' ? node.span : (key ?? node.span),
    ...(parameter && { parameter }),
    replaced: [...(parameter ? replacedBy(parameter) : []), ...replacedBy(node)],
  }
}

const whole = (node: Located): readonly Located[] => [node, ...replacedBy(node)]

/** The value that a `null` removed at a path. */
function removalAt(tree: Located, path: ValuePath): Removal | undefined {
  const around = locate(tree, path.slice(0, -1))?.value
  const removal = around?.kind === 'map' ? around.removed?.get(String(path.at(-1))) : undefined
  return around?.kind === 'map' && around.entries.has(String(path.at(-1))) ? undefined : removal
}

const replacedBy = ({ replaced }: Located): readonly Located[] => (replaced ? [replaced, ...replacedBy(replaced)] : [])

const childOf = (value: unknown, step: string | number): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, step)
    ? Object.entries(value).find(([key]) => key === String(step))?.[1]
    : undefined

/** The reason that a path has no value: a field that is left out, or a name that does not exist. */
export interface Absence {
  /** Meaning of the field that is left out; absent where the language has no such field. */
  readonly meaning?: string
  /** The path that was probably meant. */
  readonly meant?: string
  /** The values that a `null` removed, nearest first. */
  readonly removed?: { readonly by: Span; readonly values: readonly Located[] }
}

/** Explains a path at which `provenance` finds no value. */
export function absence({ tree, recipe }: Variant, steps: readonly string[]): Absence {
  const path = indexed(tree, steps)
  let value: unknown = recipe
  for (const [at, step] of path.entries()) {
    const found = childOf(value, step)
    if (found !== undefined) {
      value = found
      continue
    }
    const removal = removalAt(tree, path.slice(0, at + 1))
    if (removal && at === path.length - 1) return { removed: { by: removal.by, values: whole(removal.value) } }
    const around = steps.slice(0, at)
    const field = schemaAt(tree, path.slice(0, at)).properties?.[step]
    if (field && at === path.length - 1) return { meaning: field.description ?? '' }
    const near = typeof value === 'object' && value !== null ? suggest(String(step), Object.keys(value)) : undefined
    return near === undefined ? {} : { meant: [...around, near, ...steps.slice(at + 1)].join('.') }
  }
  return {}
}

/** Turns names of items into indexes. */
function indexed(root: Located, steps: readonly string[]): ValuePath {
  const path: (string | number)[] = []
  for (const step of steps) {
    const parent = locate(root, path)?.value
    path.push((parent?.kind === 'list' ? itemIndex(parent, step) : undefined) ?? step)
  }
  return path
}
