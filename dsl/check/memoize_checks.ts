/**
 * Memoized checks of the variants of a recipe, which differ in few values: a check runs again only if a value that it
 * reads has changed.
 */

import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import type { FilledRecipe } from '../kinds/filled.ts'
import { isRecord } from '../values/json.ts'
import type { Checked } from './names.ts'

/** A check of a recipe. Between variants of one recipe, its result depends on the values of the recipe alone. */
export type Check = (checked: Checked) => readonly Diagnostic[]

/** Runs a check, or returns its result for another variant in which all values that it reads are equal. */
export type CheckRunner = (check: Check, checked: Checked) => readonly Diagnostic[]

/** Runs every check. */
export const runCheck: CheckRunner = (check, checked) => check(checked)

/** The results of a check for one set of varying values that it reads. */
interface CheckResults {
  /** Indexes of the varying values, in order. */
  readonly reads: readonly number[]
  /** By the JSON of these values. */
  readonly byValues: Map<string, readonly Diagnostic[]>
}

/** A runner that memoizes the checks of these variants of one recipe. */
export function memoizeChecks(recipes: readonly FilledRecipe[]): CheckRunner {
  const [first] = recipes
  if (first === undefined || recipes.length === 1) return runCheck
  const paths = new Map<string, Steps>()
  // A variant with other keys, such as one with another kind, is checked without memoization.
  const comparable = new Set(recipes.filter(recipe => collectDifferences(first, recipe, { steps: [], paths })))
  const varying = [...paths.values()]
  const valuesOf = new Map<FilledRecipe, readonly unknown[]>()
  const current: { values: readonly unknown[]; readonly reads: Set<number> } = { values: [], reads: new Set() }
  const tracked = trackReads(first, varying, index => {
    current.reads.add(index)
    return current.values[index]
  })
  const known = new Map<Check, CheckResults[]>()

  return (check, checked) => {
    const { recipe } = checked
    if (!comparable.has(recipe)) return check(checked)
    const values = valuesOf.get(recipe) ?? varying.map(steps => valueAt(recipe, steps))
    valuesOf.set(recipe, values)
    const results = known.get(check) ?? []
    known.set(check, results)
    const textOf = (reads: readonly number[]): string => JSON.stringify(reads.map(index => values[index]))
    for (const { reads, byValues } of results) {
      const diagnostics = byValues.get(textOf(reads))
      if (diagnostics !== undefined) return diagnostics
    }
    current.values = values
    current.reads.clear()
    // The same shape as the first variant, with this one's values.
    const diagnostics = check({ ...checked, recipe: tracked as FilledRecipe })
    const reads = [...current.reads].sort((a, b) => a - b)
    const sameReads = results.find(one => String(one.reads) === String(reads))
    if (sameReads === undefined) results.push({ reads, byValues: new Map([[textOf(reads), diagnostics]]) })
    else sameReads.byValues.set(textOf(reads), diagnostics)
    return diagnostics
  }
}

type Steps = readonly string[]

/** Collects the paths at which two values differ; false if they differ in more than single values. */
function collectDifferences(
  a: unknown,
  b: unknown,
  { steps, paths }: { readonly steps: Steps; readonly paths: Map<string, Steps> },
): boolean {
  if (a === b) return true
  const [fieldsA, fieldsB] = [fieldsOf(a), fieldsOf(b)]
  if (fieldsA === undefined && fieldsB === undefined) {
    paths.set(JSON.stringify(steps), steps)
    return true
  }
  if (fieldsA === undefined || fieldsB === undefined || Array.isArray(a) !== Array.isArray(b)) return false
  if (fieldsA.length !== fieldsB.length) return false
  return fieldsA.every(([name, value], index) => {
    const [other, otherValue] = fieldsB[index] ?? []
    return name === other && collectDifferences(value, otherValue, { steps: [...steps, name], paths })
  })
}

const fieldsOf = (value: unknown): readonly (readonly [string, unknown])[] | undefined =>
  isRecord(value) || Array.isArray(value) ? Object.entries(value) : undefined

function valueAt(root: unknown, steps: Steps): unknown {
  let value: unknown = root
  for (const step of steps) value = isRecord(value) || Array.isArray(value) ? Reflect.get(value, step) : undefined
  return value
}

/** A copy of a value that calls `onRead` at each read of a varying value, and gives what that returns. */
function trackReads(root: unknown, varying: readonly Steps[], onRead: (index: number) => unknown): unknown {
  function copy(value: unknown, depth: number, indexes: readonly number[]): unknown {
    const fields = fieldsOf(value)
    if (fields === undefined || indexes.length === 0) return value
    const copied: object = Array.isArray(value) ? [] : {}
    for (const [name, field] of fields) {
      const below = indexes.filter(index => varying[index]?.[depth] === name)
      const own = below.find(index => varying[index]?.length === depth + 1)
      const descriptor =
        own === undefined ? { value: copy(field, depth + 1, below), writable: true } : { get: () => onRead(own) }
      Object.defineProperty(copied, name, { ...descriptor, enumerable: true, configurable: true })
    }
    return copied
  }
  return copy(root, 0, [...varying.keys()])
}
