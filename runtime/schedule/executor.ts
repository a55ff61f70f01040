/** The contract between the driver of a run and whatever runs single stages. */
import type { Stage } from '../../dsl/compile/plan.ts'
import type { InputFolder } from '../stages/stage.ts'
import type { InputDigests } from '../store/manifest.ts'
import type { Owner } from '../store/process.ts'
import type { Result } from '../store/store.ts'
import type { StageFault } from './fault.ts'
import type { Message } from './protocol.ts'

/** What a stage gets for its run. */
export interface StageRequest {
  /** Devices it holds. */
  readonly slots: readonly number[]
  readonly inputs: { readonly [role: string]: InputFolder }
  /** Output digests of the inputs: a stored result that was made from others does not count. */
  readonly digests: InputDigests
  /** Folder of the stored result of the stage of which only the failed items are to be tried again. */
  readonly previous?: string
  /** Run even where a result is stored, and put the new one in its place. */
  readonly replace: boolean
  /** Set where this very order was begun before: then its checkpoints count, also with `replace`. */
  readonly resumed?: boolean
  readonly onMessage: (message: Message) => void
  /** Called with a process that makes the same result and is waited for. */
  readonly onWait: (owner: Owner) => void
}

/** How a stage ended. */
export type StageEnd =
  | { readonly kind: 'done'; readonly result: Result; readonly peakMemory: number; readonly cached: boolean }
  | { readonly kind: 'fault'; readonly fault: StageFault; readonly peakMemory: number }
  | { readonly kind: 'stopped' }

/** A stage at work. */
export interface RunningStage {
  /** Rejects only where the store or the journal cannot be written. */
  readonly ended: Promise<StageEnd>
  stop(): void
}

/** Runs stages. */
export interface Executor {
  start(stage: Stage, order: StageRequest): RunningStage
}
