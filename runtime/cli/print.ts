/** Exit codes, and the printing that all commands share. */
import type { Diagnostic } from '../../dsl/diagnostics/diagnostic.ts'
import type { Fault } from '../../dsl/diagnostics/faults.ts'
import { renderText } from '../../dsl/diagnostics/render.ts'
import {
  BusyRefusal,
  LockMismatch,
  PermissionRefusal,
  RecipeFault,
  RequestFault,
  UnfinishedFault,
} from '../app/faults.ts'
import { faultText } from '../store/files.ts'
import { hasColour, printingTo } from './live/format.ts'
import { lockFaultTable } from './lock_table.ts'

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

/** Prints anything that was thrown, to stderr; returns the exit code that it asks for. */
export function tellFault(thrown: unknown): number {
  if (thrown instanceof RecipeFault) {
    tellDiagnostics(thrown.diagnostics)
    return exitCodes.badRecipe
  }
  if (!isOfRequest(thrown)) {
    tellLine(`error: ${faultText(thrown)}`)
    return exitCodes.failedWork
  }
  if (thrown instanceof LockMismatch && thrown.faults.length > 0)
    tellLine(lockFaultTable(thrown.faults, printingTo(process.stderr)))
  for (const facts of thrown instanceof PermissionRefusal ? thrown.refused : [thrown.facts]) tellLine(`error: ${facts}`)
  if (thrown.hint !== undefined) tellLine(`hint: ${thrown.hint}`)
  return thrown instanceof RequestFault || thrown instanceof PermissionRefusal
    ? exitCodes.badRecipe
    : exitCodes.failedWork
}

/** Tests for the faults that the application throws of a request; a hint of these has a line of its own. */
const isOfRequest = (thrown: unknown): thrown is Fault =>
  [RequestFault, UnfinishedFault, LockMismatch, PermissionRefusal, BusyRefusal].some(known => thrown instanceof known)
