/** JSON from outside: unknown until it is checked. */

/** A value that prints as JSON. */
export type Json = null | boolean | number | string | readonly Json[] | JsonRecord

/** Values that print as JSON, by name. */
export type JsonRecord = { readonly [name: string]: Json }

/** The value of a JSON text; undefined where the text is none. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** True if a value is an object with named fields. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** True if a value is a text. */
export const isText = (value: unknown): value is string => typeof value === 'string'

/** True if a JSON value is a list. */
export const isJsonList = (value: Json): value is readonly Json[] => Array.isArray(value)

/** A filled value as JSON: fields without a value are null. */
export function toJson(value: unknown): Json {
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (!isRecord(value)) return null
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, toJson(field)]))
}
