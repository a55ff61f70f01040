/** Another try for items that failed in finished stages. */
import type { Plan, Stage } from '../../dsl/compile/plan.ts'
import { failedItems } from '../kinds/context.ts'
import { readRuns } from '../schedule/recover.ts'
import { livingRuns } from '../schedule/status.ts'
import type { Result, Store } from '../store/store.ts'
import { BusyRefusal } from './faults.ts'
import { runMissing, type StageWork } from './run_missing.ts'
import type { StagesEnd } from './run_options.ts'

/**
 * Results that lack items: their stages have written down which, and take what is there of the others. What joins parts
 * has nothing to try itself.
 */
export function resultsToRetry({ stages }: Plan, results: ReadonlyMap<string, Result>): ReadonlyMap<string, Result> {
  const joins = new Set(stages.flatMap(({ part }) => part?.of ?? []))
  return new Map(
    [...results].filter(([id, { manifest }]) => !joins.has(id) && manifest.files[failedItems] !== undefined),
  )
}

/** A result that cannot be replaced now, and the process whose run reads it; undefined where there is none. */
async function readerOf(
  store: Store,
  results: ReadonlyMap<string, Result>,
): Promise<{ readonly stage: string; readonly pid: number; readonly recipe: string } | undefined> {
  for (const { events, pid, recipe } of await livingRuns(store)) {
    const keys = new Set(events.flatMap(event => (event.kind === 'run-started' ? event.keys : [])))
    const read = [...results].find(([, { manifest }]) => keys.has(manifest.key))
    if (read !== undefined) return { stage: read[0], pid, recipe }
  }
  return undefined
}

/** Stages that failed as a whole in their last run, with the reason. They have no result, so that every run tries them again. */
async function failedBefore(
  store: Store,
  stages: readonly Stage[],
): Promise<readonly { readonly stage: string; readonly reason: string }[]> {
  const reasons = new Map<string, string>()
  for (const { events } of await readRuns(store)) {
    const keys = new Map<string, string>()
    for (const event of events) {
      if (event.kind === 'stage-started' || event.kind === 'stage-submitted') keys.set(event.stage, event.key)
      if (event.kind === 'stage-done') reasons.delete(keys.get(event.stage) ?? '')
      if (event.kind === 'stage-failed') reasons.set(keys.get(event.stage) ?? '', event.reason)
    }
  }
  return stages.flatMap(({ id, key }) => {
    const reason = reasons.get(key)
    return reason === undefined ? [] : [{ stage: id, reason }]
  })
}

/** Items to try again, and what with. */
export interface RetryWork extends StageWork {
  readonly retried: ReadonlyMap<string, Result>
  /** Stages that run anyway. */
  readonly missing: Plan['stages']
}

/**
 * Tries failed items again, each stage's result being replaced only by one that has more of them. Undefined where there
 * are none. Rejects with a {@link BusyRefusal} where another run reads one of the results.
 */
export async function retryItems(plan: Plan, { retried, missing, ...work }: RetryWork): Promise<StagesEnd | undefined> {
  const { onNotice } = work.options
  for (const { stage, reason } of await failedBefore(work.store, missing))
    onNotice?.(`'${stage}' failed and runs again: ${reason}`)
  if (plan.stages.length === 0) {
    onNotice?.('No finished stage has failed items')
    return undefined
  }
  const reader = await readerOf(work.store, retried)
  if (reader !== undefined) {
    const { stage, pid, recipe } = reader
    throw new BusyRefusal(`'${stage}' is read by a run of '${recipe}' (process ${pid}) and cannot be replaced now`, {
      hint: 'run again once that has ended, or end it with terroir stop',
      transient: true,
    })
  }
  onNotice?.(`Trying failed items again: ${plan.stages.map(({ id }) => id).join(', ')}`)
  const forced = new Set(plan.stages.map(({ id }) => id))
  return runMissing(plan, { ...work, found: new Map(), forced, retried })
}
