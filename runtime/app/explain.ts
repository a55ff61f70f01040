/** Explanations of stages and values: the parts of a key and the state of its result, or the origin of a value. */
import { findResults } from '../schedule/select.ts'
import { openStore, storeFolder } from '../store/store.ts'
import { explainStage, type StageExplanation } from './explain_stage.ts'
import { explainField, explainValue, type FieldExplanation, type ValueExplanation } from './explain_value.ts'
import type { StoreFolderOption } from './plan.ts'
import { loadSound, outlineOf, type RecipeOptions, unknownStage } from './recipe.ts'

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
  options: RecipeOptions & StoreFolderOption = {},
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
