/** Stages before they have keys. */
import type { FilledRecipe } from '../check/filled.ts'
import type { Input, Json, Part } from './plan.ts'

/** What the recipe says about a stage. */
export interface Draft {
  readonly id: string
  readonly kind: string
  readonly params: { readonly [name: string]: Json }
  /** How it is computed, not what: changes nothing of the result but rounding, and no key. */
  readonly settings?: { readonly [name: string]: Json }
  readonly inputs: { readonly [role: string]: Input }
  /** Paths of files and folders that it reads, relative to the recipe's folder. */
  readonly files: readonly string[]
  readonly path: readonly string[]
  /** Set where it makes a part of another stage's result. */
  readonly part?: Omit<Part, 'family'>
}

/** What every part of the expansion is given. */
export interface Expanding {
  readonly recipe: FilledRecipe
  readonly seed: number
}

/** An input, of one split where one is named. */
export const input = (stage: string, split?: string): Input => (split === undefined ? { stage } : { stage, split })

/**
 * Filled values print as JSON once fields without a value are null. What lacks no value stays the same object: variants
 * of a recipe share it.
 */
export function json(value: unknown): Json {
  if (isJson(value)) return value
  if (Array.isArray(value)) return value.map(json)
  if (typeof value !== 'object' || value === null) return null
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, json(field)]))
}

function isJson(value: unknown): value is Json {
  if (typeof value !== 'object' || value === null) return value !== undefined
  for (const name in value) if (!isJson(Reflect.get(value, name))) return false
  return true
}

/** Parameters of a stage. */
export function params(fields: { readonly [name: string]: unknown }): { readonly [name: string]: Json } {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, json(field)]))
}
