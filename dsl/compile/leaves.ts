/** Single values of parameters, by dotted path. */
import { isJsonList, type Json } from '../values/json.ts'

/** A value that is no record, and the names that lead to it. */
export interface Leaf {
  readonly path: readonly string[]
  readonly value: Json
}

/** The leaves of parameters, in their order; a list is one leaf. */
export function leaves(value: Json, path: readonly string[] = []): readonly Leaf[] {
  if (typeof value !== 'object' || value === null || isJsonList(value)) return [{ path, value }]
  return Object.entries(value).flatMap(([name, field]) => leaves(field, [...path, name]))
}
