/** Lists of samples as tables, CSV and JSON Lines. */
import { jsonText } from '../../dsl/diagnostics/terminal_text.ts'
import { cellText, type SampleCell, type SampleColumn, type SampleRow } from '../app/sample_record.ts'
import type { SampleList } from '../app/samples.ts'
import { formatNumber } from '../report/numbers.ts'
import { displayWidth, textTable } from '../report/table.ts'
import type { Printing } from './terminal.ts'

/** Options of {@link sampleTable}. */
interface SampleTableOptions extends Printing {
  /** Shows all columns, however wide. */
  readonly isComplete: boolean
}

/**
 * A table of samples, one line a row. Unless it is to be complete: columns that are empty or repeat the key are left out,
 * what is the same in all rows stands above the table once, and columns that do not fit are named below it.
 */
export function sampleTable(
  columns: readonly SampleColumn[],
  rows: readonly SampleRow[],
  { paint, width, isComplete }: SampleTableOptions,
): string {
  const texts = columns.map((column): ColumnText => ({ column, cells: rows.map(row => tableCell(row[column.name])) }))
  const keys = texts.find(({ column }) => column.name === 'key')
  const told = isComplete ? texts : texts.filter(text => text === keys || !isIdle(text, keys))
  const isSame = (text: ColumnText): boolean =>
    !isComplete && rows.length > 1 && text !== keys && text.cells.every(cell => cell === text.cells[0])
  const same = told.filter(isSame).map(({ column, cells }) => `${column.name} ${cells[0]}`)
  const varied = told.filter(text => !isSame(text))
  const shown = isComplete ? varied : varied.slice(0, fitting(varied, width))
  const hidden = varied.slice(shown.length).map(({ column }) => column.name)
  const table = textTable(
    shown.map(({ column }) => ({ title: column.name, align: column.type === 'number' ? 'right' : 'left' })),
    rows.map((_, row) => shown.map(({ cells }) => cells[row] ?? '')),
    { width },
  )
  return [
    ...(same.length === 0 ? [] : [paint('quiet', `In all rows: ${same.join(', ')}`), '']),
    table,
    ...(hidden.length === 0 ? [] : ['', paint('quiet', `--columns shows also ${hidden.join(', ')}`)]),
  ].join('\n')
}

interface ColumnText {
  readonly column: SampleColumn
  readonly cells: readonly string[]
}

/** True if a column says nothing beside the key. */
const isIdle = ({ cells }: ColumnText, keys: ColumnText | undefined): boolean =>
  cells.every(cell => cell === '') || cells.every((cell, row) => cell === keys?.cells[row])

/** Widest that a column of text is taken to be where others wait for space. */
const textWidth = 20

/** The number of first columns that fit side by side: at least one. */
function fitting(texts: readonly ColumnText[], width: number): number {
  let used = -2
  for (const [count, { column, cells }] of texts.entries()) {
    const natural = Math.max(...[column.name, ...cells].map(displayWidth))
    used += 2 + (column.type === 'number' ? natural : Math.min(natural, textWidth))
    if (used > width && count > 0) return count
  }
  return texts.length
}

/** A cell on one line. */
function tableCell(cell: SampleCell = null): string {
  if (typeof cell === 'number') return formatNumber(cell)
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no'
  return cellText(cell).replaceAll(/[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
}

/** `1 to 20 of 345 samples (2,000 in all); --page 2 shows more`. */
export function pageLine({ first, listed, matching, total }: SampleList): string {
  const number = (value: number) => value.toLocaleString('en')
  const all = matching === total ? '' : ` (${number(total)} in all)`
  if (listed === 0) return `No sample of ${number(total)}`
  if (listed === matching) return `\n${number(matching)} samples${all}`
  const next = first + listed < matching ? `; --page ${Math.floor(first / listed) + 2} shows more` : ''
  return `\n${number(first + 1)} to ${number(first + listed)} of ${number(matching)} samples${all}${next}`
}

/** Lines of CSV (RFC 4180) with a line of names. An empty cell is empty; an empty text is quoted. */
export async function* csvLines({ columns, rows }: SampleList): AsyncGenerator<string> {
  yield `${columns.map(({ name }) => csvCell(name)).join(',')}\r\n`
  for await (const row of rows()) yield `${columns.map(({ name }) => csvCell(row[name] ?? null)).join(',')}\r\n`
}

function csvCell(cell: SampleCell): string {
  if (cell === null) return ''
  const text = cellText(cell)
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** JSON Lines: an object a row; numbers have all their digits, and one that is not finite is null. */
export async function* jsonLines({ columns, rows }: SampleList): AsyncGenerator<string> {
  for await (const row of rows())
    yield `${jsonText(Object.fromEntries(columns.map(({ name }) => [name, row[name] ?? null])))}\n`
}
