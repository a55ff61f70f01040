/** The stages that the executor has, and their jobs. */
import type { Stage } from '../../../dsl/compile/plan.ts'
import type { StageEnd, StageRequest } from '../executor.ts'
import type { WatchedJob } from './watch_job.ts'

/** A stage and its job. */
export interface Track {
  readonly stage: Stage
  readonly request: StageRequest
  /** Run even if a result is stored, and put the new one in its place. */
  replace: boolean
  settle(end: StageEnd): void
  reject(reason: unknown): void
  /** Absent while nothing is submitted, or after its node was lost. */
  job?: WatchedJob
  /** Number of nodes that its jobs lost. */
  losses: number
  /** Milliseconds since 1970: first moment at which its result was reported and not seen. */
  awaited?: number
  /** Number of the queue's answer after which a submission ended unclear. */
  unclear: number
  isStopped: boolean
}

/** Tracks by stage, in the order of the plan. */
export type Tracks = Map<string, Track>

/** Tracks of the inputs of a stage that are not done. */
export const tracksBefore = (tracks: Tracks, { stage }: Track): readonly Track[] =>
  Object.values(stage.inputs).flatMap(input => tracks.get(input.stage) ?? [])

/** Tracks of the stages that need a stage, directly or not. */
export function tracksAfter(tracks: Tracks, id: string): readonly Track[] {
  const needing = new Set([id])
  for (const { stage } of tracks.values())
    if (Object.values(stage.inputs).some(input => needing.has(input.stage))) needing.add(stage.id)
  return [...tracks.values()].filter(({ stage }) => stage.id !== id && needing.has(stage.id))
}
