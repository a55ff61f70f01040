/** A job that is watched: its news, and the conclusion from them. */
import { readFile } from 'node:fs/promises'
import type { QueuedJob } from './commands.ts'
import { concludeJob, hasEnded, type JobConclusion } from './conclusion.ts'
import { endPath, messagesPath } from './job_files.ts'
import { followLines, type JobEnd, type JobLine, parseEnd, parseJobLine } from './messages.ts'
import type { Queue } from './queue.ts'
import { waitText } from './states.ts'

/** A line of the job, or that it waits, with the reason in words. */
export type JobNews = JobLine | { readonly kind: 'waits'; readonly text: string }

/** A job that is watched. */
export interface WatchedJob {
  readonly id: string
  readonly folder: string
  /** Its last row in the queue. */
  row(): QueuedJob | undefined
  /** The news since the last call. */
  news(): Promise<readonly JobNews[]>
  /** The conclusion from its present state and messages. `lag`: milliseconds until its files must be seen. */
  conclude(lag: number): Promise<JobConclusion>
}

/** Watches a job that is in the queue, or was submitted just now. */
export function watchJob(
  id: string,
  { folder, queue }: { readonly folder: string; readonly queue: Queue },
): WatchedJob {
  const lines = followLines(messagesPath(folder, id))
  const submitted = queue.count()
  /** Number of the last answer before it began: up to it the queue still shows the job waiting. */
  let began: number | undefined
  let waitsFor = `job ${id}`
  let row: QueuedJob | undefined
  let endedAt: number | undefined

  async function news(): Promise<readonly JobNews[]> {
    const told: JobNews[] = (await lines()).flatMap(line => parseJobLine(line) ?? [])
    if (told.some(({ kind }) => kind === 'began')) {
      began = queue.count()
      waitsFor = ''
    }
    const seen = queue.find(id, began ?? submitted)
    if (typeof seen !== 'object' || seen.phase !== 'waiting') return told
    const text = waitText(id, seen.reason)
    if (text === waitsFor) return told
    waitsFor = text
    began = undefined
    return [...told, { kind: 'waits', text }]
  }

  async function concludeNow(lag: number): Promise<JobConclusion> {
    const seen = queue.find(id, submitted)
    if (typeof seen === 'object') row = seen
    if (hasEnded(seen)) endedAt ??= Date.now()
    else if (seen !== 'unknown') endedAt = undefined
    const overdue = endedAt !== undefined && Date.now() - endedAt > lag
    return concludeJob({ queue: seen, end: await readEnd(), overdue })
  }

  async function readEnd(): Promise<JobEnd | undefined> {
    const text = await readFile(endPath(folder, id), 'utf8').catch(() => undefined)
    return text === undefined ? undefined : parseEnd(text)
  }

  return { id, folder, row: () => row, news, conclude: concludeNow }
}
