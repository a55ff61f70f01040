/** `terroir run --retry-failed`: what failed before, and the items of finished stages that are worth another try. */
import type { Plan, Stage } from '../../dsl/compile/plan.ts'
import { readRuns } from '../schedule/recover.ts'
import { livingRuns } from '../schedule/status.ts'
import { failedItems } from '../stages/stage.ts'
import type { Result, Store } from '../store/store.ts'
import { painter } from './live/format.ts'
import { exitCodes, hasColour, printLine } from './recipe.ts'
import { runMissing, type Work } from './run_missing.ts'
import { faultLines, type Printing } from './summary.ts'

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

/** Tries failed items again, each stage's result being replaced only by one that has more of them. */
export async function retryItems(plan: Plan, { retried, missing, ...work }: Retry): Promise<number> {
  const tell = (text: string): void =>
    work.flags.json ? printLine(JSON.stringify({ kind: 'notice', text })) : void process.stderr.write(`${text}\n`)
  for (const { stage, reason } of await failedBefore(work.store, missing))
    tell(`'${stage}' failed and runs again: ${reason}`)
  if (plan.stages.length === 0) {
    tell('No finished stage has failed items')
    return exitCodes.ok
  }
  const reader = await readerOf(work.store, retried)
  if (reader !== undefined) {
    const { stage, pid, recipe } = reader
    process.stderr.write(
      `error: '${stage}' is read by a run of '${recipe}' (process ${pid}) and cannot be replaced now\n`,
    )
    process.stderr.write('hint: run again once that has ended, or end it with terroir stop\n')
    return exitCodes.failedWork
  }
  tell(`Trying failed items again: ${plan.stages.map(({ id }) => id).join(', ')}`)
  const forced = new Set(plan.stages.map(({ id }) => id))
  const ended = await runMissing(plan, { ...work, found: new Map(), forced, retried })
  if (ended.outcome === 'done') return exitCodes.ok
  const toStderr: Printing = { paint: painter(hasColour(process.stderr)), width: 160 }
  for (const fault of ended.faults) process.stderr.write(`\n${faultLines(fault, toStderr).join('\n')}\n\n`)
  tell('The results are as they were')
  return ended.outcome === 'stopped' ? exitCodes.interrupted : exitCodes.failedWork
}

/** What is tried again, and what with. */
export interface Retry extends Work {
  readonly retried: ReadonlyMap<string, Result>
  /** Stages that run anyway. */
  readonly missing: Plan['stages']
}
