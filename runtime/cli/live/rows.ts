/** Draws the rows of a run into a given number of columns and lines. */
import { formatNumber, formatSeconds } from '../../report/numbers.ts'
import type { Paint, TextTone } from '../terminal.ts'
import { cut } from './cut.ts'
import { type Row, rateOf } from './row.ts'
import type { Rows } from './state.ts'

/** Size, colours and time of a drawing. */
export interface Canvas {
  readonly columns: number
  readonly lines: number
  readonly paint: Paint
  /** Milliseconds, of the clock the rows were made with. */
  readonly now: number
  /** A line below all. */
  readonly notice?: string
}

const marks: Readonly<Record<Row['state'], readonly [string, TextTone]>> = {
  waiting: ['·', 'quiet'],
  running: ['▶', 'active'],
  done: ['✔', 'good'],
  cached: ['=', 'quiet'],
  failed: ['✖', 'bad'],
  skipped: ['-', 'quiet'],
}

/** One line a stage; where they do not fit, those that matter most, and a line that counts the others. */
export function drawRows(rows: Rows, canvas: Canvas): readonly string[] {
  const all = [...rows.values()]
  const notice = canvas.notice ?? ''
  const shown = choose(all, canvas.lines - (notice === '' ? 1 : 2))
  const names = Math.min(
    all.reduce((most, row) => Math.max(most, row.stage.length), 0),
    Math.max(8, Math.floor(canvas.columns / 3)),
  )
  const lines = shown.map(row => drawRow(row, names, canvas))
  const foot = [tally(all, all.length - shown.length), notice].filter(part => part !== '')
  return [...lines, ...foot.map(text => canvas.paint('quiet', cut(text, canvas.columns - 1)))]
}

/** The stages to show, in order: running and failed ones first of all, then their neighbours. */
function choose(rows: readonly Row[], lines: number): readonly Row[] {
  if (rows.length <= lines) return rows
  const distances = distancesToBusy(rows)
  const ranked = rows.map((row, index) => ({ row, index, distance: distances[index] ?? 0 }))
  const kept = ranked.sort((a, b) => a.distance - b.distance || a.index - b.index).slice(0, Math.max(0, lines))
  return kept.sort((a, b) => a.index - b.index).map(({ row }) => row)
}

/** Distance of each row to the next running or failed one, by one sweep down and one up. */
function distancesToBusy(rows: readonly Row[]): readonly number[] {
  const distances = rows.map(({ state }) => (state === 'running' || state === 'failed' ? 0 : rows.length))
  const near = (index: number, other: number): void => {
    distances[index] = Math.min(distances[index] ?? 0, (distances[other] ?? rows.length) + 1)
  }
  for (let index = 1; index < rows.length; index += 1) near(index, index - 1)
  for (let index = rows.length - 2; index >= 0; index -= 1) near(index, index + 1)
  return distances
}

function tally(rows: readonly Row[], hidden: number): string {
  const count = (...states: readonly Row['state'][]): number => rows.filter(row => states.includes(row.state)).length
  const finished = `${count('done', 'cached')} of ${rows.length} stages done`
  return hidden > 0 ? `${finished} (${hidden} rows not shown)` : finished
}

function drawRow(row: Row, names: number, { columns, paint, now }: Canvas): string {
  const [mark, tone] = marks[row.state]
  const width = Math.max(0, columns - 1 - names - 4)
  const name = cut(row.stage, names).padEnd(names)
  const head = `${paint(tone, mark)} ${row.state === 'waiting' ? paint('quiet', name) : name}`
  const rest = row.state === 'running' ? progressText(row, { width, now, paint }) : cut(noteOf(row), width)
  return rest === '' ? head : `${head}  ${row.state === 'failed' ? paint('bad', rest) : rest}`
}

function noteOf(row: Row): string {
  if (row.state === 'done') return `${formatSeconds(row.seconds).padStart(6)}  ${row.note}`
  return row.state === 'cached' ? `cached  ${row.note}` : row.note
}

/** The first of ever shorter descriptions that fits. */
function progressText(row: Row, { width, now, paint }: { width: number; now: number; paint: Paint }): string {
  const { progress } = row
  const elapsed = formatSeconds((now - row.started) / 1000)
  if (progress === undefined) return cut(row.note === '' ? elapsed : `waits ${row.note}`, width)
  const share = progress.total > 0 ? Math.min(1, progress.done / progress.total) : 0
  const percent = `${Math.floor(share * 100)}%`
  const { count, rate, loss, left } = describeProgress(row, now)
  const variants: readonly (readonly [number, readonly string[]])[] = [
    [20, [count, rate, loss, left]],
    [10, [count, rate, loss, left]],
    [10, [count, loss, left]],
    [10, [percent, loss, left]],
    [0, [percent, loss, left]],
    [0, [percent, left]],
    [0, [percent]],
  ]
  for (const [bar, parts] of variants) {
    const text = parts.filter(part => part !== '').join('  ')
    const length = (bar > 0 ? bar + 2 : 0) + text.length
    if (length <= width) return bar > 0 ? `${drawBar(share, bar, paint)}  ${text}` : text
  }
  return cut(percent, width)
}

/** The parts of a progress line; empty where unknown. */
export function describeProgress(row: Row, now: number): Readonly<Record<'count' | 'rate' | 'loss' | 'left', string>> {
  const { progress } = row
  if (progress === undefined) return { count: '', rate: '', loss: '', left: '' }
  const rate = rateOf(row, now)
  return {
    count: `${formatNumber(progress.done)}/${formatNumber(progress.total)} ${progress.unit}`,
    rate: rate === undefined ? '' : `${formatNumber(rate < 10 ? rate : Math.round(rate))}/s`,
    loss: progress.loss === undefined ? '' : `loss ${progress.loss.toFixed(3)}`,
    left: rate === undefined ? '' : `${formatSeconds((progress.total - progress.done) / rate)} left`,
  }
}

function drawBar(share: number, width: number, paint: Paint): string {
  const full = Math.round(share * width)
  return paint('active', '━'.repeat(full)) + paint('quiet', '─'.repeat(width - full))
}
