/**
 * A run under Slurm: every missing stage becomes a job that waits for the jobs of its inputs. Slurm schedules; this
 * process submits, watches and tells, and may end at any moment: the next one finds the jobs by their names.
 */
import { setTimeout } from 'node:timers/promises'
import type { Plan, Stage } from '../../../dsl/compile/plan.ts'
import type { Result, Store } from '../../store/store.ts'
import { beginRun } from '../begin.ts'
import { eventOf, type RunEvent } from '../events.ts'
import type { StageFault } from '../fault.ts'
import { record } from '../run_local.ts'
import { type RunEnd, startEvent } from '../run_plan.ts'
import { askAccounting, askPartitions, cancel, type QueuedJob, submit } from './commands.ts'
import type { JobConclusion } from './conclusion.ts'
import { endText, jobFault, refusalText } from './faults.ts'
import { arrayFolder, type JobSpec, jobFolder, writeJobSpec, writeScript } from './job_files.ts'
import type { JobEnd } from './messages.ts'
import type { SbatchOption } from './options.ts'
import { openQueue, type Pace } from './queue.ts'
import { inSubmissions, isJobOf, sbatchOptions, scriptText, submissionOptions, taskOf } from './script.ts'
import { isActive, phaseOf } from './states.ts'
import { type JobNews, type WatchedJob, watchJob } from './watch_job.ts'

const usualPace: Pace = { files: 1000, queue: 10_000, lag: 60_000, patience: 60_000 }

/** How often a stage whose job lost its node is submitted again. */
const mostLosses = 3

/** How a run under Slurm is done. */
export interface SlurmRunOptions {
  readonly store: Store
  /** Results that are stored already, by stage. */
  readonly found: ReadonlyMap<string, Result>
  /** Stages that run although a result is stored. */
  readonly forced: ReadonlySet<string>
  /** Results of forced stages of which only the failed items are tried again. @default none */
  readonly retried?: ReadonlyMap<string, Result>
  readonly keepGoing: boolean
  readonly given: readonly SbatchOption[]
  readonly onEvent: (event: RunEvent) => void
  /** Tells a person of something beside the stages. */
  readonly onNotice: (text: string) => void
  /** Ends the watching; the jobs go on. */
  readonly signal: AbortSignal
  /** @default every second, and every ten for squeue */
  readonly pace?: Pace
  /** Module the workers run; see `localExecutor`. */
  readonly entry?: string
}

/** How the watching ended. */
export interface SlurmRunEnd extends RunEnd {
  /** Jobs that go on. */
  readonly left: readonly string[]
}

interface Track {
  readonly stage: Stage
  job?: WatchedJob
  losses: number
  /** Since when its result is said to be there, and not seen. */
  awaited?: number
  /** Number of the queue's answer after which a submission ended unclear. */
  unclear: number
}

/** Runs what is missing of a plan. Rejects where the store cannot be written or Slurm gives no first answer. */
export async function runOnSlurm(plan: Plan, options: SlurmRunOptions): Promise<SlurmRunEnd> {
  const {
    store,
    keepGoing,
    retried = new Map<string, Result>(),
    given,
    onNotice,
    signal,
    pace = usualPace,
    entry,
  } = options
  const queue = await openQueue({ pace, onNotice, signal })
  const begun = await beginRun(plan, { store, found: options.found })
  const { journal } = begun
  /** Stages that run although a result is stored: asked for, or made from results of inputs that are others now. */
  const forced = new Set(options.forced)
  for (const { id, key } of plan.stages)
    if (!begun.found.has(id) && (await store.find(key)) !== undefined) forced.add(id)
  const results = new Map([...begun.found].filter(([id]) => !forced.has(id)))
  const open = new Map<string, Track>()
  for (const stage of plan.stages) if (!results.has(stage.id)) open.set(stage.id, { stage, losses: 0, unclear: -1 })
  const optionsOf = (stage: Stage) => sbatchOptions(stage, { store, engine: plan.engine, given })
  /** Jobs that this run has given up; the queue may still show them at work. */
  const dropped = new Set<string>()
  let failed = false

  async function tell(event: RunEvent): Promise<void> {
    options.onEvent(event)
    await record(journal, event)
  }

  function inputsOf({ inputs }: Stage): JobSpec['inputs'] {
    const keys = new Map(plan.stages.map(({ id, key }) => [id, key]))
    return Object.fromEntries(
      Object.entries(inputs).map(([role, input]) => [role, { ...input, key: keys.get(input.stage) ?? '' }]),
    )
  }

  const before = ({ stage }: Track): readonly Track[] =>
    Object.values(stage.inputs).flatMap(input => open.get(input.stage) ?? [])

  /** Stages that need a stage, directly or not, and are not settled. */
  function dependents(id: string): readonly Track[] {
    const needing = new Set([id])
    for (const { stage } of open.values()) {
      if (Object.values(stage.inputs).some(input => needing.has(input.stage))) needing.add(stage.id)
    }
    return [...open.values()].filter(({ stage }) => stage.id !== id && needing.has(stage.id))
  }

  /** Gives every open stage a job: the one that is at work already, or a new one. */
  async function placeJobs(jobs: readonly QueuedJob[]): Promise<void> {
    const active = jobs.filter(row => isActive(row.phase) && !dropped.has(row.id))
    for (const group of inSubmissions(
      [...open.values()].map(({ stage }) => stage),
      optionsOf,
    )) {
      const ready = group.flatMap(({ id }) => open.get(id) ?? []).filter(isReady)
      const missing: Track[] = []
      for (const track of ready) {
        const present = active.find(row => isJobOf(row, track.stage, store))
        if (present === undefined) missing.push(track)
        else await attach(track, present.id)
      }
      const [first, ...others] = missing
      if (first !== undefined && !(await submitNew([first, ...others]))) return
    }
  }

  const isReady = (track: Track): boolean =>
    track.job === undefined && track.unclear !== queue.count() && before(track).every(({ job }) => job !== undefined)

  async function attach(track: Track, id: string): Promise<void> {
    const { stage } = track
    track.job = watchJob(id, { folder: jobFolder(store, stage), queue })
    await journal.append({ kind: 'stage-submitted', stage: stage.id, key: stage.key, job: id })
    await tell({ kind: 'stage-queued', stage: stage.id, job: id, text: `job ${id}` })
  }

  const specOf = (stage: Stage): JobSpec => ({
    stage,
    inputs: inputsOf(stage),
    store: store.folder,
    recipe: plan.name,
    engine: plan.engine,
    replace: forced.has(stage.id),
    ...(retried.has(stage.id) && { retry: true }),
    ...(entry === undefined ? {} : { entry }),
  })

  /** Submits a stage, or an array of those that make parts. False where Slurm does not answer: nothing more is to be tried now. */
  async function submitNew(tracks: readonly [Track, ...Track[]]): Promise<boolean> {
    const [{ stage }] = tracks
    for (const track of tracks) await writeJobSpec(jobFolder(store, track.stage), specOf(track.stage))
    const { part } = stage
    const folder = part === undefined ? jobFolder(store, stage) : arrayFolder(store, part)
    const script = await writeScript(folder, scriptText(optionsOf(stage), { stage, store }))
    const inputs = new Set(tracks.flatMap(track => before(track).flatMap(({ job }) => job?.id ?? [])))
    const submission = await submit(
      script,
      submissionOptions(
        tracks.map(track => track.stage),
        [...inputs],
      ),
    )
    switch (submission.kind) {
      case 'accepted':
        for (const track of tracks) await attach(track, taskOf(submission.job, track.stage))
        return true
      case 'refused': {
        const text = refusalText(submission.why, await askPartitions())
        for (const track of tracks)
          if (open.has(track.stage.id))
            await fail(track, { text, doing: 'submitting its job', lastLines: [], log: script })
        return true
      }
      case 'unclear':
        for (const track of tracks) track.unclear = queue.count()
        onNotice(`sbatch gave no clear answer (${submission.why}); looking for the job before submitting it again`)
        return false
    }
  }

  async function look(track: Track, job: WatchedJob): Promise<void> {
    for (const one of await job.news()) await pass(track, { job, news: one })
    const verdict = await job.concludeJob(pace.lag)
    switch (verdict.kind) {
      case 'wait':
        return
      case 'end':
        return verdict.end.kind === 'done'
          ? finish(track, { job, end: verdict.end })
          : fail(track, verdict.end.fault, verdict.end.peakMemory)
      case 'silent':
        return explain(track, { job, phase: verdict.phase })
    }
  }

  async function pass(
    { stage }: Track,
    { job, news }: { readonly job: WatchedJob; readonly news: JobNews },
  ): Promise<void> {
    switch (news.kind) {
      case 'waits':
        return tell({ kind: 'stage-queued', stage: stage.id, job: job.id, text: news.text })
      case 'began':
        return tell({ kind: 'stage-started', stage: stage.id, slots: [...Array(stage.needs.slots).keys()] })
      default: {
        const event = eventOf(stage.id, news)
        if (event !== undefined) await tell(event)
      }
    }
  }

  async function finish(
    track: Track,
    { job, end }: { readonly job: WatchedJob; readonly end: Extract<JobEnd, { kind: 'done' }> },
  ): Promise<void> {
    const { stage } = track
    const result = await store.find(stage.key)
    if (result === undefined) {
      track.awaited ??= Date.now()
      if (Date.now() - track.awaited > pace.lag) await explain(track, { job, phase: 'done' })
      return
    }
    open.delete(stage.id)
    results.set(stage.id, result)
    const { summary, metrics, seconds } = result.manifest
    if (end.cached) await tell({ kind: 'stage-cached', stage: stage.id, summary })
    else await tell({ kind: 'stage-done', stage: stage.id, summary, metrics, seconds, peakMemory: end.peakMemory })
  }

  async function explain(
    track: Track,
    {
      job,
      phase: seen,
    }: { readonly job: WatchedJob; readonly phase: Extract<JobConclusion, { kind: 'silent' }>['phase'] },
  ): Promise<void> {
    const { stage } = track
    const told = seen === 'gone' ? await askAccounting(job.id) : undefined
    const known = told === undefined ? seen : phaseOf(told)
    const phase = known === 'waiting' || known === 'running' ? 'gone' : known
    const result = phase === 'lost' || forced.has(stage.id) ? undefined : await store.find(stage.key)
    if (result !== undefined) return finish(track, { job, end: { kind: 'done', cached: false, peakMemory: 0 } })
    if (phase === 'lost' && track.losses < mostLosses) {
      track.losses += 1
      onNotice(`Job ${job.id} lost its node (${told ?? job.row()?.state}); "${stage.id}" is submitted again`)
      return giveUp([track, ...dependents(stage.id)])
    }
    const row = job.row()
    const text = endText({ job: job.id, stage, phase, ...(row && { row }) })
    await fail(track, await jobFault(text, { folder: job.folder, job: job.id }))
  }

  /** Takes the jobs of stages away. */
  async function giveUp(tracks: readonly Track[], waiting = false): Promise<void> {
    const jobs = tracks.flatMap(({ job }) => job?.id ?? [])
    for (const job of jobs) dropped.add(job)
    for (const track of tracks) delete track.job
    await cancel(jobs, { waiting })
  }

  async function fail(track: Track, fault: StageFault, peakMemory = 0): Promise<void> {
    const { id } = track.stage
    failed = true
    const lost = dependents(id)
    open.delete(id)
    await tell({ kind: 'stage-failed', stage: id, fault, peakMemory })
    const idle = keepGoing
      ? []
      : [...open.values()].filter(other => !lost.includes(other) && other.job?.started() !== true)
    for (const { stage } of [...lost, ...idle]) open.delete(stage.id)
    await giveUp([...lost, ...idle], true)
    for (const { stage } of lost)
      await tell({ kind: 'stage-skipped', stage: stage.id, reason: `it needs "${id}", which failed` })
    for (const { stage } of idle)
      await tell({ kind: 'stage-skipped', stage: stage.id, reason: `the run ended early because "${id}" failed` })
  }

  try {
    await tell(startEvent(begun.run, plan))
    for (const [stage, { manifest }] of results) await tell({ kind: 'stage-cached', stage, summary: manifest.summary })
    while (open.size > 0 && !signal.aborted) {
      const jobs = queue.rows()
      if (jobs !== undefined) await placeJobs(jobs)
      for (const track of [...open.values()]) if (open.has(track.stage.id) && track.job) await look(track, track.job)
      if (open.size === 0) break
      await setTimeout(pace.files, undefined, { signal }).catch(() => undefined)
      if (!signal.aborted) await queue.refresh()
    }
    for (const { stage, job } of open.values()) {
      const reason = job === undefined ? 'the run was stopped' : `job ${job.id} goes on under Slurm`
      await tell({ kind: 'stage-skipped', stage: stage.id, reason })
    }
    const complete = plan.stages.every(stage => results.has(stage.id))
    const outcome = complete ? 'done' : failed && !signal.aborted ? 'failed' : 'stopped'
    await tell({ kind: 'run-ended', outcome })
    return { outcome, results, left: [...open.values()].flatMap(({ job }) => job?.id ?? []) }
  } finally {
    await begun.end()
  }
}
