/** Explanations of stages and values: the parts of a key and the state of its result, or the origin of a value. */

import type { LoadedRecipe } from '../../dsl/compile/load.ts'
import { cellLabel } from '../../dsl/compile/matrix.ts'
import { absence, type Provenance, provenance } from '../../dsl/compile/provenance.ts'
import { recipeSchema } from '../../dsl/schema/schema_node.ts'
import { canonical } from '../../dsl/values/canonical.ts'
import { type Located, plain, type Span } from '../../dsl/values/located.ts'
import { findResults } from '../schedule/select.ts'
import { openStore, storeFolder } from '../store/store.ts'
import { explainStage, type StageExplanation } from './explain_stage.ts'
import { RequestFault } from './faults.ts'
import type { StoreOptions } from './plan.ts'
import { loadSound, outlineOf, type RecipeOptions, unknownStage } from './recipe.ts'

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

/** An explanation of a stage, a value or a field. */
export type Explanation = StageExplanation | ValueExplanation | FieldExplanation

/**
 * Explains a stage or a value of a recipe. Rejects with a {@link RequestFault} where the recipe has neither.
 *
 * @param what a stage, as in the plan, or the path of a value
 */
export async function explain(
  file: string,
  what: string,
  options: RecipeOptions & StoreOptions = {},
): Promise<Explanation> {
  const loaded = await loadSound(file, options)
  const value = explainValue(loaded, what)
  if (value !== undefined) return value
  const plan = await outlineOf(loaded)
  const stage = plan.stages.find(({ id }) => id === what)
  if (stage !== undefined) {
    const results = await findResults(plan, openStore(storeFolder(options.store)))
    return explainStage(stage, { loaded, plan }, results)
  }
  const [owner] = what.split('.')
  const field = plan.stages.some(({ id }) => id.split('.')[0] === owner) ? undefined : explainField(loaded, what)
  if (field === undefined) throw unknownStage(plan, what)
  return field
}

function explainValue({ variants }: LoadedRecipe, path: string): ValueExplanation | undefined {
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

/** A field of a recipe without its value; undefined where the path begins like no value. */
function explainField({ variants: [variant] }: LoadedRecipe, path: string): FieldExplanation | undefined {
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
