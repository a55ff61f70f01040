/** Faults of a request to the application. Each is thrown before anything has run or was written. */

import type { LockFault } from '../../dsl/compile/lock_check.ts'
import type { Diagnostic } from '../../dsl/diagnostics/diagnostic.ts'
import { type FaultDetails, Refusal, UserFault } from '../../dsl/diagnostics/faults.ts'
import { suggest } from '../../dsl/diagnostics/suggest.ts'

export { describeFault, stackOf } from '../schedule/describe_fault.ts'
export { stackLines } from '../schedule/message_bounds.ts'

/** A recipe has errors; `diagnostics` holds them, with its warnings. */
export class RecipeFault extends UserFault {
  readonly diagnostics: readonly Diagnostic[]

  constructor(file: string, diagnostics: readonly Diagnostic[]) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error')
    const [first] = errors
    super(`${file} has ${errors.length === 1 ? 'an error' : `${errors.length} errors`}: ${first?.message}`, {
      hint: first?.fix?.hint,
    })
    this.diagnostics = diagnostics
  }
}

/** A request that names something that is not there, or combines options that do not fit together. */
export class RequestFault extends UserFault {}

/** A request that needs the result of a stage that has none yet. */
export class UnfinishedFault extends UserFault {}

/** A lock that a run is held to, and that is missing or not that of the recipe. */
export class LockMismatch extends UserFault {
  /** The differences; empty where there is no lock. */
  readonly faults: readonly LockFault[]

  constructor(facts: string, { faults = [], ...details }: FaultDetails & { readonly faults?: readonly LockFault[] }) {
    super(facts, details)
    this.faults = faults
  }
}

/** Permissions that stages ask for and that the run does not grant. */
export class PermissionRefusal extends Refusal {
  /** One sentence for each permission. */
  readonly refused: readonly string[]

  constructor(refused: readonly string[], hint: string) {
    super(refused.join('; '), { hint })
    this.refused = refused
  }
}

/** A result that another run reads at the moment, so that it cannot be replaced. */
export class BusyRefusal extends Refusal {}

/** The fault of a name that is not among those that are known; the hint names the nearest, or says `otherwise`. */
export function unknownName(
  facts: string,
  { name, known, otherwise }: { readonly name: string; readonly known: Iterable<string>; readonly otherwise: string },
): RequestFault {
  const near = suggest(name, known)
  return new RequestFault(facts, { hint: near === undefined ? otherwise : `write '${near}'` })
}
