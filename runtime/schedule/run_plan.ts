/** Drives a plan to its end: asks the scheduler what starts, lets an executor run it, tells what happens. */
import type { Plan, Stage } from '../../dsl/compile/plan.ts'
import type { InputFolder } from '../stages/stage.ts'
import type { Result } from '../store/store.ts'
import type { RunEvent } from './events.ts'
import type { Executor, StageEnd } from './executor.ts'
import { createScheduler, type Limits, type Skip } from './scheduler.ts'

/** How a run is done. */
export interface RunOptions {
  readonly run: string
  readonly executor: Executor
  readonly limits: Limits
  /** Results that are stored already, by stage. */
  readonly found: ReadonlyMap<string, Result>
  /** Stages that run although a result is stored. */
  readonly forced: ReadonlySet<string>
  readonly keepGoing: boolean
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

interface Running {
  readonly stop: () => void
  readonly ended: Promise<{ readonly stage: Stage; readonly end: StageEnd }>
}

const cpuStageCost = 1
/** Stages that hold a device are the long ones: what leads to them starts first. */
const slotStageCost = 10

/** Runs the stages of a plan that have no stored result. Rejects where the store or the journal fails. */
export async function runPlan(plan: Plan, options: RunOptions): Promise<RunEnd> {
  const { executor, limits, forced, keepGoing, onEvent, signal } = options
  const results = new Map(options.found)
  const wanted = plan.stages.filter(stage => !results.has(stage.id))
  const scheduler = createScheduler(wanted.map(taskOf(results)), limits, { keepGoing })
  const byId = new Map(wanted.map(stage => [stage.id, stage]))
  const running = new Map<string, Running>()
  let failed = false

  await onEvent({ kind: 'run-started', run: options.run, stages: plan.stages.map(stage => stage.id) })
  for (const [stage, { manifest }] of results) await onEvent({ kind: 'stage-cached', stage, summary: manifest.summary })

  const tellSkips = async (skips: readonly Skip[]): Promise<void> => {
    for (const { id, reason } of skips) await onEvent({ kind: 'stage-skipped', stage: id, reason })
  }

  function inputsOf(stage: Stage): Record<string, InputFolder> {
    const folderOf = (id: string): string => {
      const result = results.get(id)
      if (result === undefined) throw new Error(`Stage "${stage.id}" was started before its input "${id}"`)
      return result.folder
    }
    return Object.fromEntries(
      Object.entries(stage.inputs).map(([role, { stage: id, split }]) => [
        role,
        { folder: folderOf(id), ...(split === undefined ? {} : { split }) },
      ]),
    )
  }

  async function launch(): Promise<void> {
    for (const { id, slots } of scheduler.start()) {
      const stage = byId.get(id)
      if (stage === undefined) continue
      await onEvent({ kind: 'stage-started', stage: id, slots })
      const started = executor.start(stage, {
        slots,
        inputs: inputsOf(stage),
        replace: forced.has(id),
        onMessage: message => {
          if (message.kind === 'progress')
            void onEvent({ kind: 'stage-progress', stage: id, progress: message.progress })
          if (message.kind === 'log' || message.kind === 'warn') {
            void onEvent({ kind: 'stage-log', stage: id, level: message.kind, text: message.text })
          }
        },
      })
      const ended = started.ended.then(end => ({ stage, end }))
      ended.catch(() => undefined)
      running.set(id, { stop: started.stop, ended })
      if (signal.aborted) started.stop()
    }
  }

  async function settle(stage: Stage, end: StageEnd): Promise<void> {
    running.delete(stage.id)
    switch (end.kind) {
      case 'done': {
        const { summary, metrics, seconds } = end.result.manifest
        results.set(stage.id, end.result)
        if (end.cached) await onEvent({ kind: 'stage-cached', stage: stage.id, summary })
        else
          await onEvent({ kind: 'stage-done', stage: stage.id, summary, metrics, seconds, peakMemory: end.peakMemory })
        scheduler.end(stage.id, 'done')
        return
      }
      case 'fault':
        failed = true
        await onEvent({ kind: 'stage-failed', stage: stage.id, fault: end.fault, peakMemory: end.peakMemory })
        return tellSkips(scheduler.end(stage.id, 'failed'))
      case 'stopped':
        await onEvent({ kind: 'stage-skipped', stage: stage.id, reason: 'it was stopped' })
        return tellSkips(scheduler.end(stage.id, 'failed'))
    }
  }

  let halted: Promise<void> = Promise.resolve()
  const stopAll = (): void => {
    halted = tellSkips(scheduler.halt('the run was stopped'))
    halted.catch(() => undefined)
    for (const stage of running.values()) stage.stop()
  }
  signal.addEventListener('abort', stopAll, { once: true })
  if (signal.aborted) stopAll()
  try {
    await launch()
    while (running.size > 0) {
      const { stage, end } = await Promise.race([...running.values()].map(one => one.ended))
      await settle(stage, end)
      await launch()
    }
    await halted
  } catch (error) {
    for (const stage of running.values()) stage.stop()
    await Promise.allSettled([...running.values()].map(stage => stage.ended))
    throw error
  } finally {
    signal.removeEventListener('abort', stopAll)
  }
  const complete = plan.stages.every(stage => results.has(stage.id))
  const outcome = complete ? 'done' : failed && !signal.aborted ? 'failed' : 'stopped'
  await onEvent({ kind: 'run-ended', outcome })
  return { outcome, results }
}

const taskOf =
  (results: ReadonlyMap<string, Result>) =>
  ({ id, inputs, needs }: Stage) => ({
    id,
    after: Object.values(inputs).flatMap(input => (results.has(input.stage) ? [] : [input.stage])),
    needs,
    cost: needs.slots > 0 ? slotStageCost : cpuStageCost,
  })
