/** The printing of what a command throws. */
import type { Fault } from '../../dsl/diagnostics/faults.ts'
import {
  BusyRefusal,
  LockMismatch,
  PermissionRefusal,
  RecipeFault,
  RequestFault,
  UnfinishedFault,
} from '../app/faults.ts'
import { faultText } from '../store/files.ts'
import { lockFaultTable } from './lock_table.ts'
import { exitCodes, tellDiagnostics, tellLine } from './print.ts'
import { printingTo } from './terminal.ts'

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
