/**
 * Exit codes, and the printing that all commands share: whatever a command writes to a terminal or a pipe goes through
 * here, so that text of others acts on neither.
 */
import { boundedText } from '../../dsl/diagnostics/bounded.ts'
import type { Diagnostic } from '../../dsl/diagnostics/diagnostic.ts'
import { renderColoured } from '../../dsl/diagnostics/render.ts'
import { jsonText, terminalText } from '../../dsl/diagnostics/terminal_text.ts'
import { hasColour } from './terminal.ts'

/** Exit codes of every command. */
export const exitCodes = { ok: 0, failedWork: 1, badRecipe: 2, interrupted: 130 } as const

/** Writes text as it may be shown; false where the stream asks to wait until it has drained. */
export const writeText = (stream: NodeJS.WriteStream, text: string): boolean =>
  stream.write(terminalText(text, { colour: hasColour(stream) }))

/** Prints to stdout. */
export const printLine = (line: string): void => void writeText(process.stdout, `${line}\n`)

/** Prints to stderr. */
export const tellLine = (line: string): void => void writeText(process.stderr, `${line}\n`)

/** Prints a value to stdout as JSON. */
export const printJson = (value: unknown): void => printLine(jsonText(value, 2))

/** Prints a value to stdout as one line of JSON. */
export const printJsonLine = (value: unknown): void => printLine(jsonText(value))

/**
 * Prints a file's content to stdout: to a file or another program as it is, since it is read there, and to a terminal as
 * it may be shown. False where the stream asks to wait until it has drained.
 */
export const printContent = (content: string): boolean =>
  process.stdout.isTTY ? writeText(process.stdout, content) : process.stdout.write(content)

/** Prints diagnostics for people, to stderr. */
export function tellDiagnostics(diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length > 0) tellLine(renderColoured(diagnostics))
}

/** A message of bounded length, whose further lines cannot be taken for others. */
export const messageText = (text: string): string => boundedText(text).replaceAll('\n', '\n  ')

/** Prints a fault of usage to stderr, and sets the exit code. */
export function tellUsage(facts: string, hint?: string): void {
  tellLine(`error: ${messageText(facts)}${hint === undefined ? '' : `\nhint: ${messageText(hint)}`}`)
  process.exitCode = exitCodes.badRecipe
}
