/** Exit codes, and the printing that all commands share. */
import type { Diagnostic } from '../../dsl/diagnostics/diagnostic.ts'
import { renderText } from '../../dsl/diagnostics/render.ts'
import { hasColour } from './terminal.ts'

/** Exit codes of every command. */
export const exitCodes = { ok: 0, failedWork: 1, badRecipe: 2, interrupted: 130 } as const

/** Prints to stdout. */
export const printLine = (line: string): void => void process.stdout.write(`${line}\n`)

/** Prints to stderr. */
export const tellLine = (line: string): void => void process.stderr.write(`${line}\n`)

/** Prints a value to stdout as JSON. */
export const printJson = (value: unknown): void => printLine(JSON.stringify(value, null, 2))

/** Prints diagnostics for people, to stderr. */
export function tellDiagnostics(diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length > 0) tellLine(renderText(diagnostics, { colour: hasColour(process.stderr) }))
}

/** Prints a fault of usage to stderr, and sets the exit code. */
export function tellUsage(facts: string, hint?: string): void {
  tellLine(`error: ${facts}${hint === undefined ? '' : `\nhint: ${hint}`}`)
  process.exitCode = exitCodes.badRecipe
}
