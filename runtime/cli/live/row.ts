/** One row of a live view. */
import type { Progress } from '../../kinds/context.ts'

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

const marksKept = 20
const markEvery = 500

/** A stage that has not begun. */
export const blank = (stage: string): Row => ({ stage, state: 'waiting', started: 0, seconds: 0, note: '', marks: [] })

/** The progress of the last ten seconds or so, with what is new. */
export function marksAfter(row: Row | undefined, { done, total, unit }: Progress, at: number): readonly Mark[] {
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
