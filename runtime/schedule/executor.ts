/**
 * The contract between the driver of a run and an executor of stages.
 *
 * The driver decides which stages run, in which order they may start, and what follows from the end of each. An executor
 * runs single stages and reports; it decides nothing about other stages.
 */
import type { Stage } from '../../dsl/compile/plan.ts'
import type { InputFolder } from '../kinds/context.ts'
import type { InputDigests } from '../store/manifest.ts'
import type { Owner } from '../store/process.ts'
import type { Result } from '../store/store.ts'
import type { StageFault } from './fault.ts'
import type { Message } from './protocol.ts'
import type { Limits } from './scheduler.ts'
import type { SlotPool } from './slots.ts'

/** An input of a stage. */
export interface StageInput {
  /** The stage that makes it. */
  readonly stage: string
  readonly key: string
  readonly split?: string
  /** The stored result; absent if the stage is placed ahead of its inputs. */
  readonly result?: Result
}

/** A stage's order to an executor, beside the stage itself. */
export interface StageRequest {
  /** Slots that the stage owns until it ends; empty with placement `ahead`. */
  readonly slots: readonly number[]
  /** Inputs by role. */
  readonly inputs: { readonly [role: string]: StageInput }
  /** Folder of the stage's stored result, of which only the failed items are to be tried again. */
  readonly previous?: string
  /** Run even if a result is stored, and put the new one in its place. */
  readonly replace: boolean
  /** True if this very order was begun before: then its checkpoints count, also with `replace`. */
  readonly resumed?: boolean
  readonly onReport: (report: StageReport) => void
}

/** A report about a stage that has not ended. */
export type StageReport =
  | Message
  /** Another process makes the same result, and the stage waits for it. */
  | { readonly kind: 'waiting'; readonly owner: Owner }
  /** Placement `ahead` only: the stage waits as a job, at first or again; `text` names the job and the reason. */
  | { readonly kind: 'queued'; readonly job: string; readonly text: string }
  /** Placement `ahead` only: the stage has started. */
  | { readonly kind: 'started'; readonly slots: readonly number[] }

/** The end of a stage. */
export type StageEnd =
  | { readonly kind: 'done'; readonly result: Result; readonly peakMemory: number; readonly cached: boolean }
  | { readonly kind: 'fault'; readonly fault: StageFault; readonly peakMemory: number }
  | { readonly kind: 'stopped' }
  /** The run was stopped, and the job goes on without it. */
  | { readonly kind: 'left'; readonly job: string }

/** A stage that an executor has and that has not ended. */
export interface RunningStage {
  /** Rejects only if the store, the journal or the queue of jobs fails. */
  readonly ended: Promise<StageEnd>
  /** The run was stopped: ends the stage, or leaves its job to the cluster. */
  stop(): void
  /** Placement `ahead` only: takes back a stage that has not started and will not run. */
  withdraw?(): void
}

/** Runs single stages. */
export interface StageRunner {
  start(stage: Stage, request: StageRequest): RunningStage
}

/**
 * The time at which a stage is handed to an executor. `when-ready`: its inputs are done and it fits the limits. `ahead`:
 * at once, all stages in the order of the plan in one turn; the executor orders them by their inputs. After each end it
 * lets one turn of the event loop pass before it looks at another stage, so that the driver can withdraw some.
 */
export type Placement =
  | { readonly kind: 'when-ready'; readonly limits: Limits; readonly pool?: SlotPool }
  | { readonly kind: 'ahead' }

/** Runs the stages of a plan. */
export interface Executor extends StageRunner {
  readonly placement: Placement
}

/** The inputs of a stage as folders, and their output digests: a result that was made from others does not count. */
export function storedInputs({ inputs }: Pick<StageRequest, 'inputs'>): {
  readonly folders: { readonly [role: string]: InputFolder }
  readonly digests: InputDigests
} {
  const stored = Object.entries(inputs).map(([role, { stage, split, result }]) => {
    if (result === undefined) throw new Error(`A stage was started before its input "${stage}"`)
    return { role, stage, result, split }
  })
  return {
    folders: Object.fromEntries(
      stored.map(({ role, stage, result, split }) => [
        role,
        { folder: result.folder, name: stage, ...(split === undefined ? {} : { split }) },
      ]),
    ),
    digests: Object.fromEntries(stored.map(({ role, result }) => [role, result.manifest.digest])),
  }
}
