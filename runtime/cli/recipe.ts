/** What every command that takes a recipe shares: reading it, telling what is wrong with it, compiling it. */

import { type LoadedRecipe, loadRecipe } from '../../dsl/compile/load.ts'
import { type Outline, type Plan, wholePlan } from '../../dsl/compile/plan.ts'
import { type Diagnostic, isClean } from '../../dsl/diagnostics/diagnostic.ts'
import { renderText } from '../../dsl/diagnostics/render.ts'
import { suggest } from '../../dsl/diagnostics/suggest.ts'

/** Exit codes of every command. */
export const exitCodes = { ok: 0, failedWork: 1, badRecipe: 2, interrupted: 130 } as const

/** State of a stage whose key waits for files that are not on this machine. */
export const notHere = 'data not here'

/** Options of every command that takes a recipe. */
export interface RecipeOptions {
  /** `path=value` changes from `--set`. */
  readonly set?: readonly string[]
}

/** A recipe without errors, and its plan as far as its data is here. */
export interface LoadedOutline {
  readonly loaded: LoadedRecipe
  readonly plan: Outline
}

/** A recipe without errors, and its plan. */
export interface LoadedPlan extends LoadedOutline {
  readonly plan: Plan
}

/**
 * Reads, checks and compiles a recipe whose data is here. Warnings and errors go to stderr; with errors, or where data is
 * missing that the recipe says lies elsewhere, the exit code is set and there is no plan.
 */
export async function loadPlan(file: string, options: RecipeOptions = {}): Promise<LoadedPlan | undefined> {
  const outlined = await loadOutline(file, options)
  if (outlined === undefined) return undefined
  const plan = wholePlan(outlined.plan)
  if (plan !== undefined) return { ...outlined, plan }
  const absent = new Set(outlined.plan.stages.flatMap(stage => stage.absent ?? []))
  process.stderr.write(
    `error: The recipe's data is not on this machine: ${[...absent].map(name => `'${name}'`).join(', ')}\n`,
  )
  process.stderr.write(`hint: run it where the data lies; 'terroir plan' shows here what would run there\n`)
  process.exitCode = exitCodes.badRecipe
  return undefined
}

/** Reads, checks and compiles a recipe as far as its data is here. Warnings and errors go to stderr. */
export async function loadOutline(file: string, options: RecipeOptions = {}): Promise<LoadedOutline | undefined> {
  const loaded = await loadChecked(file, options)
  return loaded && { loaded, plan: await outlineOf(loaded) }
}

/**
 * Compiles a recipe without errors for this machine; `digest` is that of files which it names, absent: as they lie on
 * disk. Rejects where a file that a stage reads is missing, unless the recipe says that its data lies elsewhere.
 */
export async function outlineOf(loaded: LoadedRecipe, digest?: (path: string) => string): Promise<Outline> {
  const [{ outline }, { machineEnvironment }, { stageKinds }] = await Promise.all([
    import('../../dsl/compile/compile.ts'),
    import('./environment.ts'),
    import('../stages/kinds.ts'),
  ])
  return outline(loaded, machineEnvironment(stageKinds, digest))
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
export function tellUnknownStage({ stages }: Outline, name: string): void {
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

/** Prints to stdout. */
export const printLine = (line: string): void => void process.stdout.write(`${line}\n`)
