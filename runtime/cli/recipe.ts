/** What every command that takes a recipe shares: reading it, telling what is wrong with it, compiling it. */
import { type Diagnostic, isClean } from '../../dsl/check/diagnostic.ts'
import { renderText } from '../../dsl/check/render.ts'
import { suggest } from '../../dsl/check/suggest.ts'
import type { Environment } from '../../dsl/compile/environment.ts'
import { type LoadedRecipe, loadRecipe } from '../../dsl/compile/load.ts'
import type { Plan } from '../../dsl/compile/plan.ts'

/** Exit codes of every command. */
export const exitCodes = { ok: 0, failedWork: 1, badRecipe: 2, interrupted: 130 } as const

/** Options of every command that takes a recipe. */
export interface RecipeOptions {
  /** `path=value` changes from `--set`. */
  readonly set?: readonly string[]
}

/** A recipe without errors, and its plan. */
export interface LoadedPlan {
  readonly loaded: LoadedRecipe
  readonly plan: Plan
}

/**
 * Reads, checks and compiles a recipe. Warnings and errors go to stderr; with errors the exit code is set and there
 * is no plan.
 */
export async function loadPlan(file: string, options: RecipeOptions = {}): Promise<LoadedPlan | undefined> {
  const loaded = await loadChecked(file, options)
  return loaded && { loaded, plan: await planOf(loaded) }
}

/**
 * Compiles a recipe without errors for this machine; `digest` is that of files which it names, absent: as they lie on
 * disk. Rejects where a file that a stage reads is missing.
 */
export async function planOf(loaded: LoadedRecipe, digest?: Environment['digest']): Promise<Plan> {
  const [{ compile }, { machineEnvironment }, { stageKinds }] = await Promise.all([
    import('../../dsl/compile/compile.ts'),
    import('./environment.ts'),
    import('../stages/kinds.ts'),
  ])
  return compile(loaded, machineEnvironment(stageKinds, digest))
}

/** Reads and checks a recipe, and tells on stderr what it finds. With errors the exit code is set. */
export async function loadChecked(file: string, options: RecipeOptions = {}): Promise<LoadedRecipe | undefined> {
  const loaded = await loadRecipe(file, { sets: options.set })
  printDiagnostics(loaded.diagnostics)
  if (isClean(loaded.diagnostics)) return loaded
  process.exitCode = exitCodes.badRecipe
  return undefined
}

/** Prints diagnostics for people, to stderr. */
export function printDiagnostics(diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length > 0)
    process.stderr.write(`${renderText(diagnostics, { colour: hasColour(process.stderr) })}\n`)
}

/** Says that the plan has no such stage, and which was probably meant. */
export function tellUnknownStage({ stages }: Plan, name: string): void {
  const ids = stages.map(({ id }) => id)
  const near = suggest(name, ids)
  process.stderr.write(
    `error: The recipe has no stage '${name}'\nhint: ${near ? `write '${near}'` : `stages are ${ids.join(', ')}`}\n`,
  )
  process.exitCode = exitCodes.badRecipe
}

/** Whether to colour what goes to a stream: only for people, and not where `NO_COLOR` is set. */
export function hasColour(stream: NodeJS.WriteStream): boolean {
  if (process.env.NO_COLOR) return false
  return stream.isTTY || Boolean(process.env.FORCE_COLOR)
}
