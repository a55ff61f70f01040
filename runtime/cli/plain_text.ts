/** Values of recipes as people read them. */
import { canonical } from '../../dsl/values/canonical.ts'
import type { Json } from '../../dsl/values/json.ts'

/** A text as it is, any other value in canonical form. */
export const plainText = (value: Json): string => (typeof value === 'string' ? value : canonical(value))
