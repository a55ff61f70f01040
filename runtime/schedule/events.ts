/** The events of a run: for the live view, plain lines and `--json`. */
import type { Plan } from '../../dsl/compile/plan.ts'
import type { Numbers, Progress } from '../kinds/context.ts'
import type { Owner } from '../store/process.ts'
import type { StageReport } from './executor.ts'
import type { StageFault } from './fault.ts'

/** An event of a run. */
export type RunEvent =
  /** Comes first, with every stage of the run in topological order. */
  | {
      readonly kind: 'run-started'
      readonly run: string
      readonly stages: readonly string[]
      /** For stages that make a part of a result: the stage that joins the parts. Absent if there are none. */
      readonly parts?: Readonly<Record<string, string>>
    }
  /** A fact about the run as a whole, such as the devices that other runs use. */
  | {
      readonly kind: 'notice'
      readonly text: string /** True of a reason for which the run waits. */
      readonly waits?: true
    }
  | { readonly kind: 'stage-cached'; readonly stage: string; readonly summary: string }
  /** A job of Slurm waits, at first or again; `text` names it and the reason. */
  | { readonly kind: 'stage-queued'; readonly stage: string; readonly job: string; readonly text: string }
  | { readonly kind: 'stage-started'; readonly stage: string; readonly slots: readonly number[] }
  /** Another run makes the same result; this one takes it then. */
  | { readonly kind: 'stage-waiting'; readonly stage: string; readonly owner: Owner }
  | { readonly kind: 'stage-progress'; readonly stage: string; readonly progress: Progress }
  | {
      readonly kind: 'stage-log'
      readonly stage: string
      readonly level: 'log' | 'warn'
      readonly text: string
      /** Numbers in the text, by name. */
      readonly values?: Numbers
    }
  | {
      readonly kind: 'stage-done'
      readonly stage: string
      readonly summary: string
      readonly metrics: Numbers
      readonly seconds: number
      /** Bytes. */
      readonly peakMemory: number
    }
  | { readonly kind: 'stage-failed'; readonly stage: string; readonly fault: StageFault; readonly peakMemory: number }
  | { readonly kind: 'stage-skipped'; readonly stage: string; readonly reason: string }
  | { readonly kind: 'run-ended'; readonly outcome: 'done' | 'failed' | 'stopped' }

/** The first event of a run. */
export function startEvent(run: string, { stages }: Plan): RunEvent {
  const parts = Object.fromEntries(stages.flatMap(({ id, part }) => (part === undefined ? [] : [[id, part.of]])))
  const base = { kind: 'run-started', run, stages: stages.map(({ id }) => id) } as const
  return Object.keys(parts).length === 0 ? base : { ...base, parts }
}

/** The event of an executor's report about a stage; `undefined` for a report that is not shown. */
export function eventOf(stage: string, report: StageReport): RunEvent | undefined {
  switch (report.kind) {
    case 'queued':
      return { kind: 'stage-queued', stage, job: report.job, text: report.text }
    case 'started':
      return { kind: 'stage-started', stage, slots: report.slots }
    case 'waiting':
      return { kind: 'stage-waiting', stage, owner: report.owner }
    case 'progress':
      return { kind: 'stage-progress', stage, progress: report.progress }
    case 'log':
    case 'warn': {
      const { kind: level, ...logged } = report
      return { kind: 'stage-log', stage, level, ...logged }
    }
    case 'heartbeat':
    case 'result':
    case 'error':
      return undefined
  }
}
