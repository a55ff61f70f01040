/** The origin of a value of a recipe, or of a field without one. */

import type { LoadedRecipe } from '../../dsl/compile/load.ts'
import { cellLabel } from '../../dsl/compile/matrix.ts'
import { absence, type Provenance, provenance } from '../../dsl/compile/provenance.ts'
import { recipeSchema } from '../../dsl/schema/schema_node.ts'
import { canonical } from '../../dsl/values/canonical.ts'
import { type Located, plain, type Span } from '../../dsl/values/located.ts'
import { RequestFault } from './faults.ts'

/** A value of a recipe, and its origin. */
export interface ValueExplanation {
  readonly kind: 'value'
  /** Path of the value, such as `train.pretrain.batch_size`. */
  readonly path: string
  /** One item for each way in which cells of the matrix have it; exactly one where there is no matrix. */
  readonly origins: readonly ValueOrigin[]
}

/** One value with its origin, and the cells of the matrix that have it so. */
export interface ValueOrigin extends Provenance {
  /** Labels of the cells; one empty label where there is no matrix. */
  readonly cells: readonly string[]
}

/** A field that the recipe has no value of: one that is not given and has no default, or that was removed by `null`. */
export interface FieldExplanation {
  readonly kind: 'field'
  readonly path: string
  /** Documentation of the field; absent where it was removed. */
  readonly meaning?: string
  /** The `null` that removed it, and the values that it removed. */
  readonly removed?: { readonly by: Span; readonly values: readonly Located[] }
}

/** Explains the value at a path; undefined where there is none. */
export function explainValue({ variants }: LoadedRecipe, path: string): ValueExplanation | undefined {
  const origins = new Map<string, ValueOrigin>()
  for (const { cell, ...variant } of variants) {
    const found = provenance({ cell, ...variant }, path.split('.'))
    if (found === undefined) continue
    const identity = originIdentity(found)
    const cells = origins.get(identity)?.cells ?? []
    origins.set(identity, { ...found, cells: [...cells, cellLabel(cell)] })
  }
  return origins.size === 0 ? undefined : { kind: 'value', path, origins: [...origins.values()] }
}

/** Equal texts for a value that cells of the matrix have from the same place. */
function originIdentity({ value, span, parameter, removed, replaced }: Provenance): string {
  const at = (place: Span | undefined) => place && [place.source.name, place.start]
  const before = replaced.map(node => [at(node.span), plain(node)])
  return JSON.stringify([canonical(value), at(span), at(parameter?.span), at(removed), before])
}

/**
 * Explains a field without a value; undefined where the path begins like no value. Throws a {@link RequestFault} where it
 * begins like one.
 */
export function explainField({ variants: [variant] }: LoadedRecipe, path: string): FieldExplanation | undefined {
  const steps = path.split('.')
  const [section = ''] = steps
  if (variant === undefined) return undefined
  const { meaning, meant, removed } = absence(variant, steps)
  if (removed !== undefined) return { kind: 'field', path, removed }
  if (meaning !== undefined) return { kind: 'field', path, meaning }
  if (meant === undefined && recipeSchema.properties?.[section] === undefined) return undefined
  throw new RequestFault(`The recipe has no value '${path}'`, {
    hint: meant === undefined ? undefined : `write '${meant}'`,
  })
}
