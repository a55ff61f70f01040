/** What a run tells while it goes on: for the live view, plain lines and `--json`. */
import type { Numbers, Progress } from '../stages/stage.ts'
import type { Owner } from '../store/process.ts'
import type { StageFault } from './fault.ts'
import type { Message } from './protocol.ts'

/** An event of a run. */
export type RunEvent =
  /** Comes first, with every stage of the run in topological order. */
  | {
      readonly kind: 'run-started'
      readonly run: string
      readonly stages: readonly string[]
      /** For stages that make a part of a result: the stage that joins the parts. Absent where there are none. */
      readonly parts?: Readonly<Record<string, string>>
    }
  /** Something about the run as a whole, such as which devices other runs hold. */
  | { readonly kind: 'notice'; readonly text: string }
  | { readonly kind: 'stage-cached'; readonly stage: string; readonly summary: string }
  /** A job of Slurm waits, at first or again; `text` names it and says what for. */
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
      /** Numbers that the text tells. */
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

/** What a run tells of a message of a stage's worker; `undefined` where it is not for others. */
export function eventOf(stage: string, message: Message): RunEvent | undefined {
  switch (message.kind) {
    case 'progress':
      return { kind: 'stage-progress', stage, progress: message.progress }
    case 'log':
    case 'warn': {
      const { kind: level, ...told } = message
      return { kind: 'stage-log', stage, level, ...told }
    }
    case 'heartbeat':
    case 'result':
    case 'error':
      return undefined
  }
}
