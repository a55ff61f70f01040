/** An executor whose stages are jobs of Slurm, submitted ahead of their inputs with dependencies on the jobs of those. */
import { setTimeout } from 'node:timers/promises'
import type { Plan, Stage } from '../../../dsl/compile/plan.ts'
import type { Store } from '../../store/store.ts'
import type { Executor, RunningStage, StageEnd, StageReport, StageRequest } from '../executor.ts'
import type { Journal } from '../journal.ts'
import { askAccounting, cancel } from './commands.ts'
import type { JobConclusion } from './conclusion.ts'
import { endText, jobFault } from './faults.ts'
import type { JobSpec } from './job_files.ts'
import type { JobEnd } from './messages.ts'
import type { SbatchOption } from './options.ts'
import { placeJobs } from './placing.ts'
import type { Pace, Queue } from './queue.ts'
import { sbatchOptions } from './script.ts'
import { phaseOf } from './states.ts'
import { type Track, tracksAfter } from './track.ts'
import type { JobNews, WatchedJob } from './watch_job.ts'

/** Number of times that a stage is submitted again because its job lost its node. */
const mostLosses = 3

/** Options of the executor. */
export interface SlurmOptions {
  readonly store: Store
  readonly journal: Journal
  readonly queue: Queue
  readonly pace: Pace
  readonly given: readonly SbatchOption[]
  readonly onNotice: (text: string) => void
  /** Module the workers run; see `localRunner`. */
  readonly entry?: string
}

/** An executor that watches jobs. */
export interface SlurmExecutor extends Executor {
  /** Resolves once nothing is watched any more; the jobs go on. */
  close(): Promise<void>
}

/** Makes an executor for the stages of a plan. */
export function slurmExecutor(plan: Plan, options: SlurmOptions): SlurmExecutor {
  const { store, journal, queue, pace, given, onNotice, entry } = options
  const tracks = new Map<string, Track>()
  const dropped = new Set<string>()
  const withdrawn: string[] = []
  const stopping = new AbortController()
  let watching: Promise<void> | undefined

  function specOf({ stage, request, replace }: Track): JobSpec {
    const inputs = Object.entries(request.inputs).map(([role, { result: _, ...input }]) => [role, input] as const)
    return {
      stage,
      inputs: Object.fromEntries(inputs),
      store: store.folder,
      recipe: plan.name,
      engine: plan.engine,
      replace,
      ...(request.previous !== undefined && { retry: true }),
      ...(entry === undefined ? {} : { entry }),
    }
  }

  const placing = {
    store,
    journal,
    queue,
    tracks,
    dropped,
    optionsOf: (stage: Stage) => sbatchOptions(stage, { store, engine: plan.engine, given }),
    specOf,
    onNotice,
    onFault: (track: Track, fault: Extract<StageEnd, { kind: 'fault' }>['fault']) =>
      conclude(track, { kind: 'fault', fault, peakMemory: 0 }),
  }

  /** Ends a stage, and cancels the jobs of those that the driver withdraws because of it. */
  async function conclude(track: Track, end: StageEnd): Promise<void> {
    tracks.delete(track.stage.id)
    track.settle(end)
    await new Promise(setImmediate)
    await cancel(withdrawn.splice(0), { waiting: true })
  }

  async function look(track: Track, job: WatchedJob): Promise<void> {
    for (const news of await job.news()) track.request.onReport(reportOf(track, job, news))
    const conclusion = await job.conclude(pace.lag)
    switch (conclusion.kind) {
      case 'wait':
        return
      case 'end':
        return conclusion.end.kind === 'done' ? finish(track, job, conclusion.end) : conclude(track, conclusion.end)
      case 'silent':
        return explain(track, job, conclusion.phase)
    }
  }

  async function finish(track: Track, job: WatchedJob, end: Extract<JobEnd, { kind: 'done' }>): Promise<void> {
    const result = await store.find(track.stage.key)
    if (result !== undefined) return conclude(track, { ...end, result })
    track.awaited ??= Date.now()
    if (Date.now() - track.awaited > pace.lag) await explain(track, job, 'done')
  }

  /** Ends a stage whose job ended without a message of its own, or submits it again. */
  async function explain(
    track: Track,
    job: WatchedJob,
    seen: Extract<JobConclusion, { kind: 'silent' }>['phase'],
  ): Promise<void> {
    const { stage, replace } = track
    const state = seen === 'gone' ? await askAccounting(job.id) : undefined
    const known = state === undefined ? seen : phaseOf(state)
    const phase = known === 'waiting' || known === 'running' ? 'gone' : known
    const result = phase === 'lost' || replace ? undefined : await store.find(stage.key)
    if (result !== undefined) return conclude(track, { kind: 'done', result, cached: false, peakMemory: 0 })
    if (phase === 'lost' && track.losses < mostLosses) {
      track.losses += 1
      onNotice(`Job ${job.id} lost its node (${state ?? job.row()?.state}); "${stage.id}" is submitted again`)
      return dropJobs([track, ...tracksAfter(tracks, stage.id)])
    }
    const row = job.row()
    const text = endText({ job: job.id, stage, phase, ...(row && { row }) })
    const fault = await jobFault(text, { folder: job.folder, job: job.id })
    return conclude(track, { kind: 'fault', fault, peakMemory: 0 })
  }

  /** Cancels the jobs of stages; they are submitted again in the next turn. */
  async function dropJobs(lost: readonly Track[]): Promise<void> {
    const jobs = lost.flatMap(({ job }) => job?.id ?? [])
    for (const job of jobs) dropped.add(job)
    for (const track of lost) delete track.job
    await cancel(jobs)
  }

  async function endStopped(): Promise<void> {
    for (const track of [...tracks.values()].filter(({ isStopped }) => isStopped))
      await conclude(track, track.job === undefined ? { kind: 'stopped' } : { kind: 'left', job: track.job.id })
  }

  async function watch(): Promise<void> {
    // The driver hands out all stages in this turn; parts of one result are submitted together.
    await new Promise(setImmediate)
    // A stored result that was made from other results of its inputs does not count either.
    for (const track of tracks.values()) track.replace ||= (await store.find(track.stage.key)) !== undefined
    for (;;) {
      await endStopped()
      if (tracks.size === 0) return
      const rows = queue.rows()
      if (rows !== undefined) await placeJobs(rows, placing)
      for (const track of [...tracks.values()])
        if (tracks.has(track.stage.id) && track.job !== undefined) await look(track, track.job)
      if (tracks.size === 0) return
      await setTimeout(pace.files, undefined, { signal: stopping.signal }).catch(() => undefined)
      if (!stopping.signal.aborted) await queue.refresh()
    }
  }

  function start(stage: Stage, request: StageRequest): RunningStage {
    const ended = new Promise<StageEnd>((settle, reject) => {
      tracks.set(stage.id, {
        stage,
        request,
        replace: request.replace,
        settle,
        reject,
        losses: 0,
        unclear: -1,
        isStopped: false,
      })
    })
    watching ??= watch().catch(reason => {
      for (const one of tracks.values()) one.reject(reason)
      tracks.clear()
    })
    return {
      ended,
      stop() {
        const own = tracks.get(stage.id)
        if (own !== undefined) own.isStopped = true
        stopping.abort()
      },
      withdraw() {
        const own = tracks.get(stage.id)
        tracks.delete(stage.id)
        if (own?.job !== undefined) withdrawn.push(own.job.id)
        own?.settle({ kind: 'stopped' })
      },
    }
  }

  return {
    placement: { kind: 'ahead' },
    start,
    async close() {
      await watching
    },
  }
}

function reportOf({ stage }: Track, job: WatchedJob, news: JobNews): StageReport {
  switch (news.kind) {
    case 'waits':
      return { kind: 'queued', job: job.id, text: news.text }
    case 'began':
      return { kind: 'started', slots: [...Array(stage.needs.slots).keys()] }
    default:
      return news
  }
}
