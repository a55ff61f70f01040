/**
 * Faults that a person or a program can act on. Whatever else is thrown is a defect of terroir.
 *
 * The message is one sentence: the facts, then `; ` and the hint where there is one.
 */

/** The classes of faults; `defect` stands for every error that is none of the others. */
export type FaultClass = 'user' | 'refusal' | 'data' | 'defect'

/** Details of a fault beside its facts. */
export interface FaultDetails {
  /** An edit, a flag or a command that mends it; part of the message. */
  readonly hint?: string | undefined
  /** True where the same may succeed at another time, such as a network that did not answer. @default false */
  readonly transient?: boolean
  readonly cause?: unknown
}

/** A fault that terroir expects; see its three subclasses. */
export abstract class Fault extends Error {
  abstract readonly class: Exclude<FaultClass, 'defect'>
  /** The message without the hint. */
  readonly facts: string
  readonly hint: string | undefined
  readonly transient: boolean

  constructor(facts: string, { hint, transient = false, cause }: FaultDetails = {}) {
    super(hint === undefined ? facts : `${facts}; ${hint}`, cause === undefined ? {} : { cause })
    this.name = new.target.name
    this.facts = facts
    this.hint = hint
    this.transient = transient
  }
}

/** A fault of what the user asked for: a setting, an argument, a combination that cannot work. */
export class UserFault extends Fault {
  override readonly class = 'user'
  /** The field, flag or stage that holds the fault, such as `train.pretrain.batch_size`. */
  readonly place: string | undefined

  constructor(facts: string, { place, ...details }: FaultDetails & { readonly place?: string | undefined } = {}) {
    super(facts, details)
    this.place = place
  }
}

/** A thing that terroir does not do here: a permission that was not granted, a slot or an engine that is not available. */
export class Refusal extends Fault {
  override readonly class = 'refusal'
}

/** The place of a fault in data. */
export interface DataPlace {
  /** Name of the file, as the recipe or the source names it. */
  readonly file?: string | undefined
  /** Key of a sample, name of a member, of an array or of a column. */
  readonly item?: string | undefined
  /** Offset from the start of the file. @unit bytes */
  readonly byte?: number | undefined
  /** From 1. */
  readonly line?: number | undefined
}

/** A fault of data that is read: a damaged file, a row that does not fit, text in another encoding. */
export class DataFault extends Fault {
  override readonly class = 'data'
  readonly place: DataPlace

  constructor(facts: string, { file, item, byte, line, ...details }: FaultDetails & DataPlace = {}) {
    super(facts, details)
    this.place = { file, item, byte, line }
  }
}

/** The class of anything that was thrown. */
export const faultClassOf = (thrown: unknown): FaultClass => (thrown instanceof Fault ? thrown.class : 'defect')
