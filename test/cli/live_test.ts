import { stripVTControlCharacters } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { cut } from '../../runtime/cli/live/cut.ts'
import { rateOf } from '../../runtime/cli/live/row.ts'
import { drawRows } from '../../runtime/cli/live/rows.ts'
import { openScreen } from '../../runtime/cli/live/screen.ts'
import { createRows, type Rows } from '../../runtime/cli/live/state.ts'
import { openLines } from '../../runtime/cli/live/view.ts'
import { painter } from '../../runtime/cli/terminal.ts'
import type { RunEvent } from '../../runtime/schedule/events.ts'

const stages = Array.from({ length: 20 }, (_, index) => `stage-${index}`)

/** Rows after events that happen a second apart. */
function after(events: readonly RunEvent[]): Rows {
  const table = createRows()
  for (const [index, event] of events.entries()) table.take(event, index * 1000)
  return table.rows
}

const progress = (stage: string, done: number): RunEvent => ({
  kind: 'stage-progress',
  stage,
  progress: { done, total: 1000, unit: 'samples', loss: 2.5 },
})

const middle: readonly RunEvent[] = [
  { kind: 'run-started', run: 'r', stages },
  { kind: 'stage-cached', stage: 'stage-0', summary: '12 tiles' },
  { kind: 'stage-started', stage: 'stage-10', slots: [0] },
  progress('stage-10', 0),
  progress('stage-10', 100),
]

const draw = (rows: Rows, columns: number, lines = 40): readonly string[] =>
  drawRows(rows, { columns, lines, paint: painter(false), now: 5000 })

test('a running stage shows count, rate, loss and time left', () => {
  const line = draw(after(middle), 100)[10]
  assert.is(line, '▶ stage-10  ━━──────────────────  100/1,000 samples  50/s  loss 2.500  18 s left')
})

test('no line is wider than the terminal, however narrow', () => {
  const rows = after(middle)
  for (let columns = 12; columns < 120; columns += 1) {
    for (const line of drawRows(rows, { columns, lines: 40, paint: painter(true), now: 5000 })) {
      assert.ok(stripVTControlCharacters(line).length < columns, `${columns}: ${line}`)
    }
  }
})

test('with more stages than lines, those near the running one are shown, in order, and the rest is counted', () => {
  const lines = draw(after(middle), 80, 6)
  assert.is(lines.length, 6)
  assert.equal(
    lines.slice(0, 5).map(line => line.slice(2, 10)),
    ['stage-8 ', 'stage-9 ', 'stage-10', 'stage-11', 'stage-12'],
  )
  assert.is(lines[5], '1 of 20 stages done (15 rows not shown)')
})

const parts = { 'photos.0': 'photos', 'photos.1': 'photos', 'photos.2': 'photos' }

const images = (stage: string, done: number): RunEvent => ({
  kind: 'stage-progress',
  stage,
  progress: { done, total: 100, unit: 'images' },
})

test('stages that make parts of one result share its row', () => {
  const began: readonly RunEvent[] = [
    { kind: 'run-started', run: 'r', stages: [...Object.keys(parts), 'photos', 'next'], parts },
    { kind: 'stage-cached', stage: 'photos.0', summary: '100 images' },
    { kind: 'stage-started', stage: 'photos.1', slots: [] },
    images('photos.1', 0),
    images('photos.1', 50),
  ]
  const line = (events: readonly RunEvent[]): string => draw(after([...began, ...events]), 100)[0] ?? ''
  assert.is(line([]), '▶ photos  ━━━━━───────────────  50/200 images  25/s  6.0 s left')
  const summary = { summary: '100 images', metrics: {}, seconds: 3, peakMemory: 0 }
  const second: readonly RunEvent[] = [
    { kind: 'stage-done', stage: 'photos.1', ...summary },
    { kind: 'stage-started', stage: 'photos.2', slots: [] },
    images('photos.2', 50),
  ]
  assert.match(line(second), '150/200 images')
  const fault = { text: 'no disk', class: 'user', doing: '', lastLines: [], log: '' } as const
  assert.is(
    line([...second, { kind: 'stage-failed', stage: 'photos.2', fault, peakMemory: 0 }]),
    '✖ photos  photos.2: no disk',
  )
  const end: readonly RunEvent[] = [
    { kind: 'stage-done', stage: 'photos.2', ...summary },
    { kind: 'stage-started', stage: 'photos', slots: [] },
    { kind: 'stage-done', stage: 'photos', ...summary, summary: '300 images' },
  ]
  assert.is(line([...second, ...end]), '✔ photos   8.0 s 300 images')
  assert.is(draw(after([...began, ...second, ...end]), 100).length, 3, 'and the next stage, and the tally')
})

test('lines tell a parted result once, its faults by part', () => {
  const lines: string[] = []
  const view = openLines(line => lines.push(line))
  const summary = { summary: '3 images', metrics: {}, seconds: 1, peakMemory: 0 }
  view.show({ kind: 'run-started', run: 'r', stages: [...Object.keys(parts), 'photos'], parts })
  for (const stage of Object.keys(parts)) view.show({ kind: 'stage-started', stage, slots: [] })
  view.show({ kind: 'stage-log', stage: 'photos.1', level: 'warn', text: 'Skipped: a.jpg' })
  for (const stage of Object.keys(parts)) view.show({ kind: 'stage-done', stage, ...summary })
  view.show({ kind: 'stage-started', stage: 'photos', slots: [] })
  view.show({ kind: 'stage-done', stage: 'photos', ...summary })
  view.close()
  assert.equal(lines, ['start   photos', 'warning photos.1  Skipped: a.jpg', 'done    photos  1.0 s  3 images'])
})

test('an event changes the row of its stage, in the same table, and touches no other', () => {
  const table = createRows()
  table.take({ kind: 'run-started', run: 'r', stages }, 0)
  const { rows } = table
  const before = new Map(rows)
  table.take({ kind: 'stage-started', stage: 'stage-10', slots: [] }, 1000)
  assert.is(table.rows, rows)
  assert.equal(
    [...rows].filter(([name, row]) => row !== before.get(name)).map(([name]) => name),
    ['stage-10'],
  )
})

test('a notice has a line of its own, and stays readable in 80 columns', () => {
  const notice = 'Stopping: stages save what they can; interrupt again to end at once'
  const lines = drawRows(after(middle), { columns: 80, lines: 6, paint: painter(false), now: 5000, notice })
  assert.is(lines.length, 6)
  assert.equal(lines.slice(4), ['1 of 20 stages done (16 rows not shown)', notice])
})

test('the rate starts anew when something else is counted', () => {
  const other: RunEvent = { kind: 'stage-progress', stage: 'stage-10', progress: { done: 1, total: 5, unit: 'tiles' } }
  const row = after([...middle, other]).get('stage-10')
  assert.is(row && rateOf(row, 5500), undefined)
})

test('a screen paints over its last frame, wrapped lines included', () => {
  let written = ''
  const terminal = { columns: 10, rows: 5, write: (text: string) => (written += text) }
  const screen = openScreen(terminal, { colour: false })
  screen.paint(['123456789', 'b'])
  assert.not.ok(written.includes('A\r'))
  terminal.columns = 5
  screen.paint(['c'])
  assert.match(written, '\x1b[3A\r')
  screen.close()
  assert.ok(written.endsWith('\x1b[?25h'))
})

test('text is cut to one line without control characters', () => {
  assert.is(cut('a\nb\x1b[31mc\x00d', 20), 'a b\uFFFD[31mc\uFFFDd')
  assert.is(cut('abcdef', 4), 'abc…')
})

test.run()
