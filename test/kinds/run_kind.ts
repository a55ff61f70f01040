/** Runs an implementation found by its name, with a context as a worker gets it. */
import type { StageKind } from '../../dsl/kinds/registry.ts'
import type { AnyContext, StageResult } from '../../runtime/kinds/context.ts'
import { findRun } from '../../runtime/kinds/registry.ts'

/** Runs a stage of a kind. */
export async function runKind(kind: StageKind, context: AnyContext): Promise<StageResult> {
  const load = findRun(kind)
  if (load === undefined) throw new Error(`There is no implementation of '${kind}'`)
  return (await load())(context)
}
