/** Gives stages their jobs: those that are in the queue already, or new ones. */
import type { Stage } from '../../../dsl/compile/plan.ts'
import type { Store } from '../../store/store.ts'
import type { StageFault } from '../fault.ts'
import type { Journal } from '../journal.ts'
import { askPartitions, type QueuedJob, submit } from './commands.ts'
import { refusalText } from './faults.ts'
import { arrayFolder, type JobSpec, jobFolder, writeJobSpec, writeScript } from './job_files.ts'
import type { Queue } from './queue.ts'
import { inSubmissions, isJobOf, type SbatchOptions, scriptText, submissionOptions, taskOf } from './script.ts'
import { isActive } from './states.ts'
import { type Track, type Tracks, tracksBefore } from './track.ts'
import { watchJob } from './watch_job.ts'

/** Environment of placing jobs. */
export interface PlacingOptions {
  readonly store: Store
  readonly journal: Journal
  readonly queue: Queue
  readonly tracks: Tracks
  /** Jobs that this run has given up; the queue may still show them running. */
  readonly dropped: ReadonlySet<string>
  readonly optionsOf: (stage: Stage) => SbatchOptions
  readonly specOf: (track: Track) => JobSpec
  readonly onNotice: (text: string) => void
  readonly onFault: (track: Track, fault: StageFault) => Promise<void>
}

/** Gives a job to each stage without one whose inputs have jobs, as far as Slurm answers. */
export async function placeJobs(jobs: readonly QueuedJob[], options: PlacingOptions): Promise<void> {
  const { store, queue, tracks, dropped, optionsOf } = options
  const isReady = (track: Track): boolean =>
    track.job === undefined &&
    track.unclear !== queue.count() &&
    tracksBefore(tracks, track).every(({ job }) => job !== undefined)
  const active = jobs.filter(row => isActive(row.phase) && !dropped.has(row.id))
  const stages = [...tracks.values()].map(({ stage }) => stage)
  for (const group of inSubmissions(stages, optionsOf)) {
    const ready = group.flatMap(({ id }) => tracks.get(id) ?? []).filter(isReady)
    const missing: Track[] = []
    for (const track of ready) {
      const present = active.find(row => isJobOf(row, track.stage, store))
      if (present === undefined) missing.push(track)
      else await attach(track, present.id, options)
    }
    const [first, ...others] = missing
    if (first !== undefined && !(await submitNew([first, ...others], options))) return
  }
}

async function attach(track: Track, id: string, { store, journal, queue }: PlacingOptions): Promise<void> {
  const { stage, request } = track
  track.job = watchJob(id, { folder: jobFolder(store, stage), queue })
  await journal.append({ kind: 'stage-submitted', stage: stage.id, key: stage.key, job: id })
  request.onReport({ kind: 'queued', job: id, text: `job ${id}` })
}

/** Submits a stage, or an array of stages that make parts. False if Slurm does not answer: then nothing more is tried now. */
async function submitNew(group: readonly [Track, ...Track[]], options: PlacingOptions): Promise<boolean> {
  const { store, queue, tracks, optionsOf, specOf, onNotice, onFault } = options
  const [{ stage }] = group
  for (const track of group) await writeJobSpec(jobFolder(store, track.stage), specOf(track))
  const { part } = stage
  const folder = part === undefined ? jobFolder(store, stage) : arrayFolder(store, part)
  const script = await writeScript(folder, scriptText(optionsOf(stage), { stage, store }))
  const inputs = new Set(group.flatMap(track => tracksBefore(tracks, track).flatMap(({ job }) => job?.id ?? [])))
  const stages = group.map(track => track.stage)
  const submission = await submit(script, submissionOptions(stages, [...inputs]))
  switch (submission.kind) {
    case 'accepted':
      for (const track of group) await attach(track, taskOf(submission.job, track.stage), options)
      return true
    case 'refused': {
      const text = refusalText(submission.why, await askPartitions())
      const fault = { text, class: 'user', doing: 'submitting its job', lastLines: [], log: script } as const
      for (const track of group) if (tracks.has(track.stage.id)) await onFault(track, fault)
      return true
    }
    case 'unclear':
      for (const track of group) track.unclear = queue.count()
      onNotice(`sbatch gave no clear answer (${submission.why}); looking for the job before submitting it again`)
      return false
  }
}
