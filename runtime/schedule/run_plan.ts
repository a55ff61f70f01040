/** Drives a plan to its end: asks the scheduler what starts, lets an executor run it, tells what happens. */
import type { Plan, Stage } from '../../dsl/compile/plan.ts'
import type { Result } from '../store/store.ts'
import { expectedSeconds } from './costs.ts'
import { eventOf, type RunEvent } from './events.ts'
import type { Executor, RunningStage, StageEnd, StageRequest } from './executor.ts'
import { createScheduler, type Limits, type Skip } from './scheduler.ts'
import { createSlots, type SlotPool } from './slots.ts'

/** How a run is done. */
export interface RunOptions {
  readonly run: string
  readonly executor: Executor
  readonly limits: Limits
  /** Who hands out slots. @default as many as the limits say, for this run alone */
  readonly pool?: SlotPool
  /** Results that are stored already, by stage. */
  readonly found: ReadonlyMap<string, Result>
  /** Stages that run although a result is stored. */
  readonly forced: ReadonlySet<string>
  /** Results of forced stages of which only the failed items are tried again. @default none */
  readonly retried?: ReadonlyMap<string, Result>
  readonly keepGoing: boolean
  /** What it returns is awaited before the run ends, and ends the run where it rejects. */
  readonly onEvent: (event: RunEvent) => Promise<void> | void
  /** Stops the run gracefully. */
  readonly signal: AbortSignal
}

/** How a run ended. */
export interface RunEnd {
  readonly outcome: 'done' | 'failed' | 'stopped'
  /** Results by stage, those that were stored before included. */
  readonly results: ReadonlyMap<string, Result>
}

/** Runs the stages of a plan that have no stored result. Rejects where the store or the journal fails. */
export async function runPlan(plan: Plan, options: RunOptions): Promise<RunEnd> {
  const { executor, limits, pool = createSlots(limits.slots), forced, keepGoing, signal } = options
  const { retried = new Map<string, Result>() } = options
  const results = new Map(options.found)
  const wanted = plan.stages.filter(stage => !results.has(stage.id))
  const scheduler = createScheduler(wanted.map(taskOf(results)), limits, { keepGoing, pool })
  const byId = new Map(wanted.map(stage => [stage.id, stage]))
  const running = new Map<string, RunningStage>()
  const bell = createBell()
  const ends: Ended[] = []
  /** Why the run cannot go on: the store or the journal cannot be written. */
  const broken: unknown[] = []
  let told: Promise<unknown> = Promise.resolve()
  let failed = false

  function tell(event: RunEvent): void {
    const telling = Promise.resolve(options.onEvent(event)).catch(breakOff)
    told = Promise.all([told, telling])
  }
  function breakOff(reason: unknown): void {
    broken.push(reason)
    bell.ring()
  }
  function tellSkips(skips: readonly Skip[]): void {
    for (const { id, reason } of skips) tell({ kind: 'stage-skipped', stage: id, reason })
  }

  function inputsOf(stage: Stage): Pick<StageRequest, 'inputs' | 'digests'> {
    const found = Object.entries(stage.inputs).map(([role, { stage: id, split }]) => {
      const result = results.get(id)
      if (result === undefined) throw new Error(`Stage "${stage.id}" was started before its input "${id}"`)
      return { role, result, split }
    })
    return {
      inputs: Object.fromEntries(
        found.map(({ role, result, split }) => [
          role,
          { folder: result.folder, ...(split === undefined ? {} : { split }) },
        ]),
      ),
      digests: Object.fromEntries(found.map(({ role, result }) => [role, result.manifest.digest])),
    }
  }

  function launch(): void {
    for (const { id, slots } of scheduler.start()) {
      const stage = byId.get(id)
      if (stage === undefined) continue
      tell({ kind: 'stage-started', stage: id, slots })
      const previous = retried.get(id)?.folder
      const started = executor.start(stage, {
        slots,
        ...inputsOf(stage),
        replace: forced.has(id),
        ...(previous !== undefined && { previous }),
        onWait: owner => tell({ kind: 'stage-waiting', stage: id, owner }),
        onMessage(message) {
          const event = eventOf(id, message)
          if (event !== undefined) tell(event)
        },
      })
      running.set(id, started)
      started.ended
        .then(end => void ends.push({ stage, end }))
        .then(bell.ring)
        .catch(breakOff)
      if (signal.aborted) started.stop()
    }
  }

  function settle({ stage, end }: Ended): void {
    running.delete(stage.id)
    switch (end.kind) {
      case 'done': {
        const { summary, metrics, seconds } = end.result.manifest
        results.set(stage.id, end.result)
        if (end.cached) tell({ kind: 'stage-cached', stage: stage.id, summary })
        else tell({ kind: 'stage-done', stage: stage.id, summary, metrics, seconds, peakMemory: end.peakMemory })
        scheduler.end(stage.id, 'done')
        return
      }
      case 'fault':
        failed = true
        tell({ kind: 'stage-failed', stage: stage.id, fault: end.fault, peakMemory: end.peakMemory })
        tellSkips(scheduler.end(stage.id, 'failed'))
        return
      case 'stopped':
        tell({ kind: 'stage-skipped', stage: stage.id, reason: 'it was stopped' })
        tellSkips(scheduler.end(stage.id, 'failed'))
    }
  }

  /** Slots of other processes come free without a stage of this run ending. */
  const awaitsOthers = (): boolean => scheduler.waitsForSlots() && pool.others !== undefined
  let awaited = ''
  function awaitOthers(): void {
    const text = pool.others?.text() ?? ''
    if (text !== awaited && text !== '') tell({ kind: 'notice', text })
    awaited = text
    pool.others?.changed().then(bell.ring, breakOff)
  }

  function stopAll(): void {
    tellSkips(scheduler.halt('the run was stopped'))
    for (const stage of running.values()) stage.stop()
    bell.ring()
  }

  tell(startEvent(options.run, plan))
  for (const [stage, { manifest }] of results) tell({ kind: 'stage-cached', stage, summary: manifest.summary })
  signal.addEventListener('abort', stopAll, { once: true })
  if (signal.aborted) stopAll()
  try {
    launch()
    while (broken.length === 0 && (running.size > 0 || awaitsOthers())) {
      if (awaitsOthers()) awaitOthers()
      await bell.rung()
      for (const ended of ends.splice(0)) settle(ended)
      if (broken.length === 0) launch()
    }
    if (broken.length > 0) {
      for (const stage of running.values()) stage.stop()
      await Promise.allSettled([...running.values()].map(stage => stage.ended))
    }
  } finally {
    signal.removeEventListener('abort', stopAll)
  }
  const complete = plan.stages.every(stage => results.has(stage.id))
  const outcome = complete ? 'done' : failed && !signal.aborted ? 'failed' : 'stopped'
  if (broken.length === 0) tell({ kind: 'run-ended', outcome })
  await told
  if (broken.length > 0) throw broken[0]
  return { outcome, results }
}

/** The first event of a run. */
export function startEvent(run: string, { stages }: Plan): RunEvent {
  const parts = Object.fromEntries(stages.flatMap(({ id, part }) => (part === undefined ? [] : [[id, part.of]])))
  const base = { kind: 'run-started', run, stages: stages.map(({ id }) => id) } as const
  return Object.keys(parts).length === 0 ? base : { ...base, parts }
}

interface Ended {
  readonly stage: Stage
  readonly end: StageEnd
}

/** Something to wait for again and again; what rings before anyone waits is not lost. */
function createBell() {
  let rung = false
  let wake = (): void => undefined
  return {
    ring(): void {
      rung = true
      wake()
    },
    async rung(): Promise<void> {
      if (!rung) await new Promise<void>(resolve => (wake = resolve))
      rung = false
    },
  }
}

const taskOf = (results: ReadonlyMap<string, Result>) => (stage: Stage) => ({
  id: stage.id,
  after: Object.values(stage.inputs).flatMap(input => (results.has(input.stage) ? [] : [input.stage])),
  needs: stage.needs,
  cost: expectedSeconds(stage),
})
