/** The one row of a result that is made in parts: of the stages that make them and of the one that joins them. */
import type { Progress } from '../../kinds/context.ts'
import { blank, marksAfter, type Row } from './row.ts'

/** A row that several stages share. */
export interface PartedRow {
  /** The row of one of its stages. */
  row(stage: string): Row | undefined
  /** Takes the new row of one of its stages, at a time of the caller's clock; returns the row that is shown. */
  put(row: Row, now: number): Row
}

type Counts = Record<Row['state'], number>

/** A row by the name of the stage that joins the parts. */
export function partedRow(name: string): PartedRow {
  const rows = new Map<string, Row>()
  const counts: Counts = { waiting: 0, running: 0, done: 0, cached: 0, failed: 0, skipped: 0 }
  const sums = { done: 0, total: 0, known: 0 }
  let shown = blank(name)
  let fault = ''

  function count(row: Row, sign: 1 | -1): void {
    counts[row.state] += sign
    const { progress } = row
    if (progress === undefined) return
    sums.done += sign * (row.state === 'done' ? progress.total : progress.done)
    sums.total += sign * progress.total
    sums.known += sign
  }

  /** Those that have not begun are expected to be as large as the others. */
  function progressOf(unit: string): Progress | undefined {
    if (sums.known === 0) return undefined
    const parts = Object.values(counts).reduce((sum, one) => sum + one, 0) - counts.cached
    return { done: sums.done, total: Math.round((sums.total * Math.max(parts, sums.known)) / sums.known), unit }
  }

  function stateOf(join: Row): Row['state'] {
    if (fault !== '') return 'failed'
    if (join.state !== 'waiting') return join.state
    return counts.running > 0 || (counts.done > 0 && counts.waiting > 0) || isJoining() ? 'running' : 'waiting'
  }
  const isJoining = (): boolean => counts.done > 0 && counts.waiting + counts.running === 0

  function noteOf(join: Row, latest: Row): string {
    if (fault !== '') return fault
    if (join.note !== '') return join.note
    const parts = Object.values(counts).reduce((sum, one) => sum + one, 0)
    const ready = counts.done + counts.cached
    return ready === 0 ? latest.note : `${ready} of ${parts} parts`
  }

  return {
    row: stage => rows.get(stage),
    put(row, now) {
      const before = rows.get(row.stage)
      rows.set(row.stage, row)
      if (row.stage !== name) {
        if (before !== undefined) count(before, -1)
        count(row, 1)
      }
      if (row.state === 'failed') fault = row.stage === name ? row.note : `${row.stage}: ${row.note}`
      const join = rows.get(name) ?? blank(name)
      const state = stateOf(join)
      const progress = progressOf(row.progress?.unit ?? shown.progress?.unit ?? '')
      const started = shown.started === 0 && row.state === 'running' ? now : shown.started
      const marks =
        progress === undefined
          ? []
          : marksAfter(
              { ...shown, ...(shown.progress && { progress: { ...shown.progress, total: progress.total } }) },
              progress,
              now,
            )
      shown = {
        stage: name,
        state,
        started,
        seconds: state === 'done' && started > 0 ? (now - started) / 1000 : join.seconds,
        note: noteOf(join, row),
        marks,
        ...(progress && { progress }),
      }
      return shown
    },
  }
}
