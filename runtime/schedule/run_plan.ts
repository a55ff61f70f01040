/**
 * The driver: takes a plan to its end with any executor. It decides, with the scheduler, which stages run, which are
 * skipped and why, which events are reported and how the run ends, for all executors alike.
 */
import type { Plan, Stage } from '../../dsl/compile/plan.ts'
import type { Result } from '../store/store.ts'
import { createAheadScheduler } from './ahead_scheduler.ts'
import { expectedSeconds } from './costs.ts'
import { eventOf, type RunEvent, startEvent } from './events.ts'
import type { Executor, Placement, RunningStage, StageEnd, StageInput, StageReport } from './executor.ts'
import { createScheduler, type Scheduler } from './scheduler.ts'
import type { ScheduledTask, Skip } from './task_states.ts'
import { createWakeup } from './wakeup.ts'

/** Options of the driver. */
export interface DriverOptions {
  readonly run: string
  readonly executor: Executor
  /** Results that are stored already, by stage. */
  readonly found: ReadonlyMap<string, Result>
  /** Stages that run although a result is stored. */
  readonly forced: ReadonlySet<string>
  /** Results of forced stages of which only the failed items are tried again. @default none */
  readonly retried?: ReadonlyMap<string, Result>
  readonly keepGoing: boolean
  /** Its promise is awaited before the run ends; if it rejects, the run ends. */
  readonly onEvent: (event: RunEvent) => Promise<void> | void
  /** Stops the run gracefully. */
  readonly signal: AbortSignal
}

/** The end of a run. */
export interface RunEnd {
  readonly outcome: 'done' | 'failed' | 'stopped'
  /** Results by stage, those that were stored before included. */
  readonly results: ReadonlyMap<string, Result>
  /** Jobs that go on after the run was stopped. */
  readonly jobsLeft: readonly string[]
}

/** Runs the stages of a plan that have no stored result. Rejects if the store, the journal or the executor fails. */
export async function runPlan(plan: Plan, options: DriverOptions): Promise<RunEnd> {
  const { executor, forced, keepGoing, signal } = options
  const { retried = new Map<string, Result>() } = options
  const { placement } = executor
  const results = new Map(options.found)
  const wanted = plan.stages.filter(stage => !results.has(stage.id))
  const scheduler = schedulerFor(placement, { tasks: wanted.map(taskOf(results)), keepGoing })
  const byId = new Map(plan.stages.map(stage => [stage.id, stage]))
  /** Stages that the executor has. */
  const running = new Map<string, RunningStage>()
  const jobsLeft: string[] = []
  const wakeup = createWakeup()
  const ends: EndedStage[] = []
  /** Reasons for which the run cannot go on: the store or the journal cannot be written. */
  const broken: unknown[] = []
  let emitted: Promise<unknown> = Promise.resolve()
  let failed = false

  function emit(event: RunEvent): void {
    const emitting = Promise.resolve(options.onEvent(event)).catch(breakOff)
    emitted = Promise.all([emitted, emitting])
  }
  function breakOff(reason: unknown): void {
    broken.push(reason)
    wakeup.wake()
  }
  /** Reports what will not run, and takes it back from the executor. */
  function skip(skips: readonly Skip[]): void {
    for (const { id, reason } of skips) {
      running.get(id)?.withdraw?.()
      running.delete(id)
      emit({ kind: 'stage-skipped', stage: id, reason })
    }
  }

  const inputsOf = (stage: Stage): { readonly [role: string]: StageInput } =>
    Object.fromEntries(
      Object.entries(stage.inputs).map(([role, input]) => {
        const result = results.get(input.stage)
        return [role, { ...input, key: byId.get(input.stage)?.key ?? '', ...(result && { result }) }]
      }),
    )

  function take({ id }: Stage, report: StageReport): void {
    if (report.kind === 'started') scheduler.begin(id)
    if (report.kind === 'queued') scheduler.requeue(id)
    const event = eventOf(id, report)
    if (event !== undefined) emit(event)
  }

  function launch(): void {
    for (const { id, slots } of scheduler.start()) {
      const stage = byId.get(id)
      if (stage === undefined) continue
      if (placement.kind === 'when-ready') emit({ kind: 'stage-started', stage: id, slots })
      const previous = retried.get(id)?.folder
      const started = executor.start(stage, {
        slots,
        inputs: inputsOf(stage),
        replace: forced.has(id),
        ...(previous !== undefined && { previous }),
        onReport: report => take(stage, report),
      })
      running.set(id, started)
      started.ended
        .then(end => void ends.push({ stage, end }))
        .then(wakeup.wake)
        .catch(breakOff)
      if (signal.aborted) started.stop()
    }
  }

  function settle({ stage: { id }, end }: EndedStage): void {
    // It may have been withdrawn meanwhile.
    if (!running.delete(id)) return
    switch (end.kind) {
      case 'done': {
        const { summary, metrics, seconds } = end.result.manifest
        results.set(id, end.result)
        if (end.cached) emit({ kind: 'stage-cached', stage: id, summary })
        else emit({ kind: 'stage-done', stage: id, summary, metrics, seconds, peakMemory: end.peakMemory })
        scheduler.end(id, 'done')
        return
      }
      case 'fault':
        failed = true
        emit({ kind: 'stage-failed', stage: id, fault: end.fault, peakMemory: end.peakMemory })
        skip(scheduler.end(id, 'failed'))
        return
      case 'left':
        jobsLeft.push(end.job)
        emit({ kind: 'stage-skipped', stage: id, reason: `job ${end.job} goes on under Slurm` })
        return
      case 'stopped': {
        const state = scheduler.state(id)
        emit({ kind: 'stage-skipped', stage: id, reason: state.kind === 'skipped' ? state.reason : 'it was stopped' })
        skip(scheduler.end(id, 'failed'))
      }
    }
  }

  /** Slots of other processes come free without a stage of this run ending. */
  const others = placement.kind === 'when-ready' ? placement.pool?.others : undefined
  const awaitsOthers = (): boolean => scheduler.waitsForSlots() && others !== undefined
  let awaited = ''
  function awaitOthers(): void {
    const text = others?.text() ?? ''
    if (text !== awaited && text !== '') emit({ kind: 'notice', text, waits: true })
    awaited = text
    others?.changed().then(wakeup.wake, breakOff)
  }

  function stopAll(): void {
    // Stages that the executor has end by themselves; a job among them goes on.
    skip(scheduler.halt('the run was stopped').filter(({ id }) => !running.has(id)))
    for (const stage of running.values()) stage.stop()
    wakeup.wake()
  }

  emit(startEvent(options.run, plan))
  for (const [stage, { manifest }] of results) emit({ kind: 'stage-cached', stage, summary: manifest.summary })
  signal.addEventListener('abort', stopAll, { once: true })
  if (signal.aborted) stopAll()
  try {
    launch()
    while (broken.length === 0 && (running.size > 0 || awaitsOthers())) {
      if (awaitsOthers()) awaitOthers()
      await wakeup.wait()
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
  if (broken.length === 0) emit({ kind: 'run-ended', outcome })
  await emitted
  if (broken.length > 0) throw broken[0]
  return { outcome, results, jobsLeft }
}

interface EndedStage {
  readonly stage: Stage
  readonly end: StageEnd
}

function schedulerFor(
  placement: Placement,
  { tasks, keepGoing }: { readonly tasks: readonly ScheduledTask[]; readonly keepGoing: boolean },
): Scheduler {
  switch (placement.kind) {
    case 'when-ready': {
      const { limits, pool } = placement
      return createScheduler(tasks, limits, { keepGoing, ...(pool && { pool }) })
    }
    case 'ahead':
      return createAheadScheduler(tasks, { keepGoing })
  }
}

const taskOf =
  (results: ReadonlyMap<string, Result>) =>
  (stage: Stage): ScheduledTask => ({
    id: stage.id,
    after: Object.values(stage.inputs).flatMap(input => (results.has(input.stage) ? [] : [input.stage])),
    needs: stage.needs,
    cost: expectedSeconds(stage),
  })
