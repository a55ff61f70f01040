/** What a live view shows of a run: one row a stage, folded from the run's events. */
import type { RunEvent } from '../../schedule/events.ts'
import type { Progress } from '../../stages/stage.ts'
import { isLocal, type Owner } from '../../store/process.ts'

/** A stage's row. Times are milliseconds of the caller's clock. */
export interface Row {
  readonly stage: string
  readonly state: 'waiting' | 'running' | 'done' | 'cached' | 'failed' | 'skipped'
  readonly started: number
  /** Seconds it took, once it is done. */
  readonly seconds: number
  /** Summary, reason or fault, by state. */
  readonly note: string
  readonly progress?: Progress
  /** Progress of the last ten seconds or so, oldest first, for the rate. */
  readonly marks: readonly Mark[]
}

interface Mark {
  readonly at: number
  readonly done: number
}

/** Rows by stage, in the order of the plan. */
export type Rows = ReadonlyMap<string, Row>

const marksKept = 20
const markEvery = 500

/** The rows after an event. */
export function applyEvent(rows: Rows, event: RunEvent, now: number): Rows {
  switch (event.kind) {
    case 'run-started':
      return new Map(event.stages.map(stage => [stage, blank(stage)]))
    case 'stage-cached':
      return change(rows, event.stage, { state: 'cached', note: event.summary })
    case 'stage-queued':
      return change(rows, event.stage, { state: 'waiting', note: event.text })
    case 'stage-started':
      return change(rows, event.stage, { state: 'running', started: now })
    case 'stage-waiting':
      return change(rows, event.stage, { note: waitingText(event.owner) })
    case 'stage-progress': {
      const before = rows.get(event.stage)
      return change(rows, event.stage, { progress: event.progress, marks: marksAfter(before, event.progress, now) })
    }
    case 'stage-done':
      return change(rows, event.stage, { state: 'done', note: event.summary, seconds: event.seconds })
    case 'stage-failed':
      return change(rows, event.stage, { state: 'failed', note: event.fault.text })
    case 'stage-skipped':
      return change(rows, event.stage, { state: 'skipped', note: event.reason })
    case 'notice':
    case 'stage-log':
    case 'run-ended':
      return rows
  }
}

/** Which run makes a stage that this one waits for. */
export const waitingText = (owner: Owner): string =>
  `for process ${owner.pid}${isLocal(owner) ? '' : ` on ${owner.host}`}, which makes the same result`

const blank = (stage: string): Row => ({ stage, state: 'waiting', started: 0, seconds: 0, note: '', marks: [] })

const change = (rows: Rows, stage: string, changed: Partial<Row>): Rows =>
  new Map(rows).set(stage, { ...(rows.get(stage) ?? blank(stage)), ...changed })

function marksAfter(row: Row | undefined, { done, total, unit }: Progress, at: number): readonly Mark[] {
  const last = row?.progress
  const continues = last !== undefined && last.unit === unit && last.total === total && last.done <= done
  const marks = continues ? (row?.marks ?? []) : []
  const latest = marks.at(-1)
  return latest !== undefined && at - latest.at < markEvery ? marks : [...marks, { at, done }].slice(-marksKept)
}

/** Things a second, over the last ten seconds or so; `undefined` before it can be told. */
export function rateOf({ marks, progress }: Row, now: number): number | undefined {
  const [first] = marks
  if (first === undefined || progress === undefined || now - first.at < 1000 || progress.done <= first.done)
    return undefined
  return ((progress.done - first.done) * 1000) / (now - first.at)
}
