/** State of a live view: one row for each stage, folded from the events of a run. */
import type { RunEvent } from '../../schedule/events.ts'
import { waitingText } from '../../store/process.ts'
import { type PartedRow, partedRow } from './parted_row.ts'
import { blank, marksAfter, type Row } from './row.ts'

/** Rows by name, in the order of the plan. */
export type Rows = ReadonlyMap<string, Row>

/** Rows that change with each event; what an event costs does not grow with the number of stages. */
export interface RowTable {
  readonly rows: Rows
  /** Takes an event at a time of the caller's clock. */
  take(event: RunEvent, now: number): void
}

/** Rows of a run that is about to begin. Stages that make parts of one result share its row. */
export function createRows(): RowTable {
  const shown = new Map<string, Row>()
  const parted = new Map<string, PartedRow>()
  let parts: Readonly<Record<string, string>> = {}

  function change(stage: string, now: number, changed: (row: Row) => Partial<Row>): void {
    const name = parts[stage] ?? stage
    const group = parted.get(name)
    const before = (group === undefined ? shown.get(name) : group.row(stage)) ?? blank(stage)
    const after = { ...before, ...changed(before) }
    shown.set(name, group === undefined ? after : group.put(after, now))
  }

  function begin(stages: readonly string[]): void {
    for (const stage of stages) {
      const name = parts[stage]
      if (name !== undefined && !parted.has(name)) parted.set(name, partedRow(name))
    }
    for (const stage of stages) {
      const name = parts[stage] ?? stage
      const group = parted.get(name)
      shown.set(name, group === undefined ? blank(stage) : group.put(blank(stage), 0))
    }
  }

  return {
    rows: shown,
    take(event, now) {
      if (event.kind === 'run-started') {
        parts = event.parts ?? {}
        return begin(event.stages)
      }
      if (event.kind !== 'notice' && event.kind !== 'stage-log' && event.kind !== 'run-ended')
        change(event.stage, now, row => changeOf(row, event, now))
    },
  }
}

type RowEvent = Exclude<RunEvent, { readonly kind: 'run-started' | 'notice' | 'stage-log' | 'run-ended' }>

function changeOf(row: Row, event: RowEvent, now: number): Partial<Row> {
  switch (event.kind) {
    case 'stage-cached':
      return { state: 'cached', note: event.summary }
    case 'stage-queued':
      return { state: 'waiting', note: event.text }
    case 'stage-started':
      return { state: 'running', started: now }
    case 'stage-waiting':
      return { note: waitingText(event.owner) }
    case 'stage-progress':
      return { progress: event.progress, marks: marksAfter(row, event.progress, now) }
    case 'stage-done':
      return { state: 'done', note: event.summary, seconds: event.seconds }
    case 'stage-failed':
      return { state: 'failed', note: event.fault.text }
    case 'stage-skipped':
      return { state: 'skipped', note: event.reason }
  }
}
