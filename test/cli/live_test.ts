import { stripVTControlCharacters } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { cut, painter } from '../../runtime/cli/live/format.ts'
import { drawRows } from '../../runtime/cli/live/rows.ts'
import { openScreen } from '../../runtime/cli/live/screen.ts'
import { applyEvent, type Rows, rateOf } from '../../runtime/cli/live/state.ts'
import type { RunEvent } from '../../runtime/schedule/events.ts'

const stages = Array.from({ length: 20 }, (_, index) => `stage-${index}`)

/** Rows after events that happen a second apart. */
const after = (events: readonly RunEvent[]): Rows =>
  events.reduce<Rows>((rows, event, index) => applyEvent(rows, event, index * 1000), new Map())

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

test('the rate starts anew when something else is counted', () => {
  const other: RunEvent = { kind: 'stage-progress', stage: 'stage-10', progress: { done: 1, total: 5, unit: 'tiles' } }
  const row = after([...middle, other]).get('stage-10')
  assert.is(row && rateOf(row, 5500), undefined)
})

test('a screen paints over its last frame, wrapped lines included', () => {
  let written = ''
  const terminal = { columns: 10, rows: 5, write: (text: string) => (written += text) }
  const screen = openScreen(terminal)
  screen.paint(['123456789', 'b'])
  assert.not.ok(written.includes('A\r'))
  terminal.columns = 5
  screen.paint(['c'])
  assert.match(written, '\x1b[3A\r')
  screen.close()
  assert.ok(written.endsWith('\x1b[?25h'))
})

test('text is cut to one line without control characters', () => {
  assert.is(cut('a\nb\x1b[31mc\x00d', 20), 'a bc d')
  assert.is(cut('abcdef', 4), 'abc…')
})

test.run()
