/** Faults as they pass from process to process. */
import type { DataPlace, FaultClass } from '../../dsl/diagnostics/faults.ts'
import { isRecord, isText } from '../../dsl/values/json.ts'

/** A fault as a message between processes, and in the events of a run. */
export interface FaultReport {
  /** The facts and the advice, in one sentence. */
  readonly text: string
  /** Only a `defect` is to be reported to the authors of terroir. */
  readonly class: FaultClass
  /** The edit, flag or command that mends it; part of the text. */
  readonly hint?: string
  /** The field, flag or stage of a fault of the user, or the place of a fault in data. */
  readonly place?: string | DataPlace
}

const classes: readonly unknown[] = ['user', 'refusal', 'data', 'defect'] satisfies readonly FaultClass[]

const isPlace = (value: unknown): boolean =>
  value === undefined ||
  isText(value) ||
  (isRecord(value) && Object.values(value).every(part => isText(part) || typeof part === 'number'))

/** True for the class, hint and place of a report that came from another process. */
export const isClassified = (value: Readonly<Record<string, unknown>>): boolean =>
  classes.includes(value.class) && (value.hint === undefined || isText(value.hint)) && isPlace(value.place)
