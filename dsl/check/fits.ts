/** Tests single values against the schema of a field. */
import { resolved, type SchemaNode } from '../schema/schema_node.ts'
import type { Scalar } from '../values/located.ts'

/** True if a value has a type and, where it is text, a spelling that a field takes. Bounds of numbers are not looked at. */
export function isOfType(schema: SchemaNode, value: Scalar): boolean {
  const { anyOf, oneOf, type, const: only, enum: choices, pattern } = resolved(schema)
  const variants = anyOf ?? oneOf
  if (variants) return variants.some(variant => isOfType(variant, value))
  if (only !== undefined) return value === only
  if (choices !== undefined) return choices.includes(value)
  if (![type ?? []].flat().some(name => hasType(name, value))) return false
  return typeof value !== 'string' || pattern === undefined || new RegExp(pattern, 'u').test(value)
}

function hasType(name: string, value: Scalar): boolean {
  if (name === 'integer') return Number.isInteger(value)
  return name === (value === null ? 'null' : typeof value)
}

/** True if a field takes a value. */
export function fits(schema: SchemaNode, value: Scalar): boolean {
  const { anyOf, minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf } = resolved(schema)
  if (anyOf) return anyOf.some(variant => fits(variant, value))
  if (!isOfType(schema, value)) return false
  if (typeof value !== 'number') return true
  const least = minimum ?? Number.NEGATIVE_INFINITY
  const below = exclusiveMinimum ?? Number.NEGATIVE_INFINITY
  const most = maximum ?? Number.POSITIVE_INFINITY
  const above = exclusiveMaximum ?? Number.POSITIVE_INFINITY
  const isWithin = value >= least && value > below && value <= most && value < above
  return isWithin && (multipleOf === undefined || value % multipleOf === 0)
}
