/** The class, the words and the place of anything that was thrown. */
import { DataFault, Fault, UserFault } from '../../dsl/diagnostics/faults.ts'
import { isRecord, isText } from '../../dsl/values/json.ts'
import { isOutOfMemory } from '../engine/out_of_memory.ts'
import { faultText } from '../store/files.ts'
import { isTransient } from './fault.ts'
import type { FaultReport } from './fault_report.ts'
import { refusalIn } from './refusal.ts'

/** Describes anything that was thrown. Faults of the operating system and of memory are no defects. */
export function describeFault(thrown: unknown): FaultReport {
  const refused = refusalIn(thrown)
  if (refused !== undefined) return { text: refused, class: 'refusal' }
  if (thrown instanceof Fault) {
    const { message: text, class: faultClass, hint } = thrown
    const place = thrown instanceof UserFault || thrown instanceof DataFault ? thrown.place : undefined
    return { text, class: faultClass, ...(hint !== undefined && { hint }), ...(place !== undefined && { place }) }
  }
  const text = faultText(thrown)
  return { text, class: isOfSystem(thrown) || isOutOfMemory(text) ? 'user' : 'defect' }
}

/** True for a fault of the file system, the network or another part of the operating system, causes included. */
function isOfSystem(thrown: unknown): boolean {
  if (isTransient(thrown)) return true
  for (let at = thrown, depth = 0; isRecord(at) && depth < 8; at = at.cause, depth += 1)
    if (isText(at.syscall) || ['ENOSPC', 'EDQUOT'].includes(String(at.code))) return true
  return false
}

/** The stack of an error, and those of its causes; empty for anything else. */
export const stackOf = (thrown: unknown): string =>
  thrown instanceof Error
    ? `${thrown.stack ?? ''}${thrown.cause instanceof Error ? `\nCaused by ${stackOf(thrown.cause)}` : ''}`
    : ''
