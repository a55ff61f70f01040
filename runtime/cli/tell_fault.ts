/** The printing of what a command throws. */
import type { Fault } from '../../dsl/diagnostics/faults.ts'
import {
  BusyRefusal,
  describeFault,
  LockMismatch,
  PermissionRefusal,
  RecipeFault,
  RequestFault,
  stackLines,
  stackOf,
  UnfinishedFault,
} from '../app/faults.ts'
import { lockFaultTable } from './lock_table.ts'
import { exitCodes, messageText, tellDiagnostics, tellLine } from './print.ts'
import { printingTo } from './terminal.ts'

/** Prints anything that was thrown, to stderr; returns the exit code that it asks for. `debug` adds the stack of any. */
export function tellFault(thrown: unknown, { debug = false }: { readonly debug?: boolean } = {}): number {
  if (thrown instanceof RecipeFault) {
    tellDiagnostics(thrown.diagnostics)
    return exitCodes.badRecipe
  }
  if (!isOfRequest(thrown)) {
    tellUnexpected(thrown, debug)
    return exitCodes.failedWork
  }
  if (thrown instanceof LockMismatch && thrown.faults.length > 0)
    tellLine(lockFaultTable(thrown.faults, printingTo(process.stderr)))
  for (const facts of thrown instanceof PermissionRefusal ? thrown.refused : [thrown.facts])
    tellLine(`error: ${messageText(facts)}`)
  if (thrown.hint !== undefined) tellLine(`hint: ${messageText(thrown.hint)}`)
  if (debug) tellStack(thrown)
  return thrown instanceof RequestFault || thrown instanceof PermissionRefusal
    ? exitCodes.badRecipe
    : exitCodes.failedWork
}

/** Tests for the faults that the application throws of a request; a hint of these has a line of its own. */
const isOfRequest = (thrown: unknown): thrown is Fault =>
  [RequestFault, UnfinishedFault, LockMismatch, PermissionRefusal, BusyRefusal].some(known => thrown instanceof known)

function tellUnexpected(thrown: unknown, debug: boolean): void {
  const { text, class: faultClass } = describeFault(thrown)
  const isDefect = faultClass === 'defect'
  tellLine(`error: ${messageText(text)}`)
  if (isDefect || debug) tellStack(thrown)
  if (isDefect) tellLine('This is a defect of terroir; please report it, with the lines above')
}

function tellStack(thrown: unknown): void {
  for (const line of stackLines(stackOf(thrown))) tellLine(messageText(line))
}
