/** Where a value of a recipe comes from. */
import { itemIndex, type Located, locate, type Span, type ValuePath } from '../read/located.ts'
import type { Variant } from './load.ts'

/** A value and its origin. */
export interface Provenance {
  /** As later steps see it: defaults filled in, quantities in base units. */
  readonly value: unknown
  /** Where it was written; absent for a default. */
  readonly span?: Span
  /** Where the parameter was set that brought the value. */
  readonly parameter?: Span
}

/** Finds the origin of a value; items of lists go by index or by `name`. Undefined where the recipe has no such value. */
export function provenance({ tree, recipe }: Variant, steps: readonly string[]): Provenance | undefined {
  const path = indexed(tree, steps)
  let value: unknown = recipe
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = Object.entries(value).find(([key]) => key === String(step))?.[1]
  }
  const found = locate(tree, path)
  if (found === undefined) return { value }
  const { value: node, key } = found
  const parameter = node.kind === 'scalar' ? node.origin : undefined
  return { value, span: node.kind === 'scalar' ? node.span : (key ?? node.span), ...(parameter && { parameter }) }
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
