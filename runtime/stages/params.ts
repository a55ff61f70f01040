/** Reads a stage's parameters; the compiler has checked them and filled in defaults, so a wrong one is a bug. */
import type { Json } from '../../dsl/compile/plan.ts'

/** Parameters by name. */
export type Params = { readonly [name: string]: Json }

const wrong = (name: string, expected: string): Error =>
  new Error(`Parameter '${name}' of the stage is not ${expected}; compile the recipe again`)

/** A number. */
export function readNumber(params: Params, name: string): number {
  const value = params[name]
  if (typeof value === 'number') return value
  throw wrong(name, 'a number')
}

/** A number, or undefined where the parameter is null or absent. */
export const readOptionalNumber = (params: Params, name: string): number | undefined =>
  params[name] === undefined || params[name] === null ? undefined : readNumber(params, name)

/** A truth value. */
export function readBoolean(params: Params, name: string): boolean {
  const value = params[name]
  if (typeof value === 'boolean') return value
  throw wrong(name, 'true or false')
}

/** A text. */
export function readText(params: Params, name: string): string {
  const value = params[name]
  if (typeof value === 'string') return value
  throw wrong(name, 'a text')
}

/** A text, or undefined where the parameter is null or absent. */
export const readOptionalText = (params: Params, name: string): string | undefined =>
  params[name] === undefined || params[name] === null ? undefined : readText(params, name)

/** A list of numbers. */
export function readNumbers(params: Params, name: string): readonly number[] {
  const value = params[name]
  if (Array.isArray(value) && value.every(item => typeof item === 'number')) return value
  throw wrong(name, 'a list of numbers')
}

/** A list of texts; empty where the parameter is null or absent. */
export function readTexts(params: Params, name: string): readonly string[] {
  const value = params[name] ?? []
  if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value
  throw wrong(name, 'a list of texts')
}

/** A record of parameters. */
export function readParams(params: Params, name: string): Params {
  const value = params[name]
  if (isRecord(value)) return value
  throw wrong(name, 'a record')
}

/** A text of each key. */
export function readTextRecord(params: Params, name: string): { readonly [key: string]: string } {
  const record = readParams(params, name)
  return Object.fromEntries(Object.keys(record).map(key => [key, readText(record, key)]))
}

/** A list of records. */
export function readRecords(params: Params, name: string): readonly Params[] {
  const value = params[name] ?? null
  if (isList(value) && value.every(isRecord)) return value
  throw wrong(name, 'a list of records')
}

const isRecord = (value: Json | undefined): value is Params =>
  typeof value === 'object' && value !== null && !isList(value)

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
