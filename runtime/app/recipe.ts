/** From a recipe file to its plan on this machine. */

import { type LoadedRecipe, loadRecipe } from '../../dsl/compile/load.ts'
import { type Outline, type Plan, wholePlan } from '../../dsl/compile/plan.ts'
import { type Diagnostic, isClean } from '../../dsl/diagnostics/diagnostic.ts'
import type { EnvironmentOptions } from './environment.ts'
import { RecipeFault, RequestFault, unknownName } from './faults.ts'

/** Options of every function that takes a recipe. */
export interface RecipeOptions {
  /** Changes to the recipe, as `path=value`, applied in order. */
  readonly set?: readonly string[] | undefined
  /** Receives the warnings of a recipe without errors, where it has any. */
  readonly onWarnings?: ((warnings: readonly Diagnostic[]) => void) | undefined
}

/** A recipe without errors, and its plan as far as its data is on this machine. */
export interface OutlinedRecipe {
  readonly loaded: LoadedRecipe
  readonly plan: Outline
}

/** A recipe without errors, and its plan. */
export interface PlannedRecipe extends OutlinedRecipe {
  readonly plan: Plan
}

/**
 * Reads and checks a recipe. Faults of the recipe are in `diagnostics`; with errors there are no `variants`.
 *
 * @param file path of the recipe, in YAML or TypeScript
 */
export const load = (file: string, { set }: Pick<RecipeOptions, 'set'> = {}): Promise<LoadedRecipe> =>
  loadRecipe(file, { sets: set })

/** Reads and checks a recipe. Rejects with a {@link RecipeFault} where it has errors. */
export async function loadSound(file: string, { set, onWarnings }: RecipeOptions = {}): Promise<LoadedRecipe> {
  const loaded = await load(file, { set })
  if (!isClean(loaded.diagnostics)) throw new RecipeFault(file, loaded.diagnostics)
  if (loaded.diagnostics.length > 0) onWarnings?.(loaded.diagnostics)
  return loaded
}

/** Reads, checks and compiles a recipe as far as its data is here. Rejects with a {@link RecipeFault} at errors. */
export async function loadOutline(file: string, options: RecipeOptions = {}): Promise<OutlinedRecipe> {
  const loaded = await loadSound(file, options)
  return { loaded, plan: await outlineOf(loaded) }
}

/**
 * Reads, checks and compiles a recipe. Rejects with a {@link RecipeFault} at errors, and with a {@link RequestFault}
 * where data is missing that the recipe says lies elsewhere.
 */
export async function loadPlan(file: string, options: RecipeOptions = {}): Promise<PlannedRecipe> {
  const outlined = await loadOutline(file, options)
  const plan = wholePlan(outlined.plan)
  if (plan !== undefined) return { ...outlined, plan }
  const absent = new Set(outlined.plan.stages.flatMap(stage => stage.absent ?? []))
  throw new RequestFault(
    `The recipe's data is not on this machine: ${[...absent].map(name => `'${name}'`).join(', ')}`,
    { hint: "run it where the data lies; 'terroir plan' shows here what would run there" },
  )
}

/**
 * Compiles a recipe without errors for this machine. Rejects where a file that a stage reads is missing, unless the
 * recipe says that its data lies elsewhere, or `mayLackFiles` is set.
 */
export async function outlineOf(loaded: LoadedRecipe, options: EnvironmentOptions = {}): Promise<Outline> {
  const [{ outline }, { machineEnvironment }] = await Promise.all([
    import('../../dsl/compile/compile.ts'),
    import('./environment.ts'),
  ])
  return outline(loaded, machineEnvironment(options))
}

/** The fault of a name that is no stage of the plan. */
export function unknownStage({ stages }: Outline, name: string): RequestFault {
  const known = stages.map(({ id }) => id)
  const otherwise = `stages are ${known.join(', ')}`
  return unknownName(`The recipe has no stage '${name}'`, { name, known, otherwise })
}
