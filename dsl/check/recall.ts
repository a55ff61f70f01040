/**
 * Checks of the variants of a recipe, which differ in few values: a check runs again only where a value that it reads is
 * another one.
 */

import type { Diagnostic } from '../diagnostics/diagnostic.ts'
import type { FilledRecipe } from '../kinds/filled.ts'
import { isRecord } from '../values/json.ts'
import type { Checked } from './names.ts'

/** A part of what is checked; of all that it looks at, the values of the recipe alone differ between variants. */
export type Check = (checked: Checked) => readonly Diagnostic[]

/** Runs a check, or gives what it said of another variant in which all that it reads is the same. */
export type Recall = (check: Check, checked: Checked) => readonly Diagnostic[]

/** Runs every check. */
export const always: Recall = (check, checked) => check(checked)

/** What a check said where it read these of the varying values. */
interface Said {
  /** Which of the varying values, by their number. */
  readonly read: readonly number[]
  readonly byValues: Map<string, readonly Diagnostic[]>
}

/** Recalls checks of these variants of one recipe. */
export function createRecall(recipes: readonly FilledRecipe[]): Recall {
  const [first] = recipes
  if (first === undefined || recipes.length === 1) return always
  const places = new Map<string, Steps>()
  // A variant that has other keys, as another kind has, is checked for itself.
  const alike = new Set(recipes.filter(recipe => differ(first, recipe, { steps: [], places })))
  const varying = [...places.values()]
  const valuesOf = new Map<FilledRecipe, readonly unknown[]>()
  const reading: { values: readonly unknown[]; readonly read: Set<number> } = { values: [], read: new Set() }
  const watched = watch(first, varying, index => {
    reading.read.add(index)
    return reading.values[index]
  })
  const known = new Map<Check, Said[]>()

  return (check, checked) => {
    const { recipe } = checked
    if (!alike.has(recipe)) return check(checked)
    const values = valuesOf.get(recipe) ?? varying.map(steps => valueAt(recipe, steps))
    valuesOf.set(recipe, values)
    const said = known.get(check) ?? []
    known.set(check, said)
    const textOf = (read: readonly number[]): string => JSON.stringify(read.map(index => values[index]))
    for (const { read, byValues } of said) {
      const diagnostics = byValues.get(textOf(read))
      if (diagnostics !== undefined) return diagnostics
    }
    reading.values = values
    reading.read.clear()
    // The same shape as the first variant, with this one's values.
    const diagnostics = check({ ...checked, recipe: watched as FilledRecipe })
    const read = [...reading.read].sort((a, b) => a - b)
    const alikeRead = said.find(one => String(one.read) === String(read))
    if (alikeRead === undefined) said.push({ read, byValues: new Map([[textOf(read), diagnostics]]) })
    else alikeRead.byValues.set(textOf(read), diagnostics)
    return diagnostics
  }
}

type Steps = readonly string[]

/** Gathers the places at which two values differ; false where they differ in more than single values. */
function differ(
  a: unknown,
  b: unknown,
  { steps, places }: { readonly steps: Steps; readonly places: Map<string, Steps> },
): boolean {
  if (a === b) return true
  const [inA, inB] = [partsOf(a), partsOf(b)]
  if (inA === undefined && inB === undefined) {
    places.set(JSON.stringify(steps), steps)
    return true
  }
  if (inA === undefined || inB === undefined || Array.isArray(a) !== Array.isArray(b)) return false
  if (inA.length !== inB.length) return false
  return inA.every(([name, value], index) => {
    const [other, otherValue] = inB[index] ?? []
    return name === other && differ(value, otherValue, { steps: [...steps, name], places })
  })
}

const partsOf = (value: unknown): readonly (readonly [string, unknown])[] | undefined =>
  isRecord(value) || Array.isArray(value) ? Object.entries(value) : undefined

function valueAt(root: unknown, steps: Steps): unknown {
  let value: unknown = root
  for (const step of steps) value = isRecord(value) || Array.isArray(value) ? Reflect.get(value, step) : undefined
  return value
}

/** A copy of a value that asks for what lies at some places whenever it is read. */
function watch(root: unknown, varying: readonly Steps[], onRead: (index: number) => unknown): unknown {
  function copy(value: unknown, depth: number, inside: readonly number[]): unknown {
    const parts = partsOf(value)
    if (parts === undefined || inside.length === 0) return value
    const copied: object = Array.isArray(value) ? [] : {}
    for (const [name, part] of parts) {
      const below = inside.filter(index => varying[index]?.[depth] === name)
      const here = below.find(index => varying[index]?.length === depth + 1)
      const descriptor =
        here === undefined ? { value: copy(part, depth + 1, below), writable: true } : { get: () => onRead(here) }
      Object.defineProperty(copied, name, { ...descriptor, enumerable: true, configurable: true })
    }
    return copied
  }
  return copy(root, 0, [...varying.keys()])
}
