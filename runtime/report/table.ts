/** Tables for the terminal. */
import { stripVTControlCharacters } from 'node:util'
import { visibleLine } from '../../dsl/diagnostics/terminal_text.ts'

/** A column: its title, and how its cells are set. */
export interface Column {
  readonly title: string
  /** Numbers are set to the right. @default 'left' */
  readonly align?: 'left' | 'right'
}

const GAP = '  '

/** Narrowest that a column of text is cut to. */
const NARROWEST = 8

/**
 * Lays rows out in columns, under their titles and a rule, without a trailing line break.
 *
 * If `width` is too narrow, the widest columns of text are cut with an ellipsis; if that is not enough, each row
 * becomes a block of lines `title: cell`. Cells may hold colour codes, which take no width.
 * @param rows cells by column; a missing cell is empty
 */
export function textTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width }: { readonly width: number },
): string {
  const shown = rows.map(row => row.map(cellText))
  const natural = columns.map(({ title }, column) =>
    shown.reduce((widest, row) => Math.max(widest, displayWidth(row[column] ?? '')), displayWidth(title)),
  )
  const widths = fit(natural, columns, width - GAP.length * (columns.length - 1))
  if (widths === undefined) return stack(columns, shown)
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align }, column) => pad(cells[column] ?? '', { width: widths[column] ?? 0, align: align ?? 'left' }))
      .join(GAP)
      .trimEnd()
  const rule = widths.map(size => '─'.repeat(size)).join(GAP)
  return [line(columns.map(({ title }) => title)), rule, ...shown.map(line)].join('\n')
}

/** Lays rows out in columns, without titles, each as wide as its widest cell. */
export function alignColumns(cells: readonly (readonly string[])[]): readonly string[] {
  const rows = cells.map(row => row.map(cellText))
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => displayWidth(row[column] ?? ''))))
  return rows.map(row =>
    widths
      .map((width, column) => pad(row[column] ?? '', { width, align: 'left' }))
      .join(GAP)
      .trimEnd(),
  )
}

/** A cell as a terminal shows it, on one line. */
const cellText = (cell: string): string => visibleLine(cell.replaceAll(/[\t\n]/g, ' '))

/** Takes from the widest column of text until all fit; undefined where they cannot. */
function fit(natural: readonly number[], columns: readonly Column[], width: number): readonly number[] | undefined {
  const widths = [...natural]
  for (let excess = widths.reduce((sum, size) => sum + size, 0) - width; excess > 0; excess--) {
    const texts = widths.map((size, column) => (columns[column]?.align === 'right' ? 0 : size))
    const widest = Math.max(...texts)
    if (widest <= NARROWEST) return undefined
    widths[texts.indexOf(widest)] = widest - 1
  }
  return widths
}

function stack(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const block = (row: readonly string[]) =>
    columns.flatMap(({ title }, column) => (row[column] ? [`${title}: ${row[column]}`] : [])).join('\n')
  return rows.map(block).join('\n\n')
}

function pad(cell: string, { width, align }: { readonly width: number; readonly align: 'left' | 'right' }): string {
  const text = fitText(cell, width)
  const space = ' '.repeat(Math.max(0, width - displayWidth(text)))
  return align === 'right' ? space + text : text + space
}

let segmenter: Intl.Segmenter | undefined

/** Graphemes of a text. The segmenter takes 10 ms to make, and most tables need none. */
function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return segmenter.segment(stripVTControlCharacters(text))
}

/** A text of one line; where it is wider than `width` columns it is cut with an ellipsis, and loses its colours. */
export function fitText(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  if (width < 1) return ''
  let kept = ''
  let used = 0
  for (const { segment } of graphemesOf(text)) {
    used += graphemeWidth(segment)
    if (used > width - 1) break
    kept += segment
  }
  return `${kept.trimEnd()}…`
}

/** Columns that a text takes in a terminal: wide East Asian characters and emoji take two, marks and colours none. */
export function displayWidth(text: string): number {
  // Printable ASCII, which nearly every cell is: segmenting costs a hundred times as much.
  if (/^[ -~]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemesOf(text)) width += graphemeWidth(segment)
  return width
}

function graphemeWidth(grapheme: string): number {
  if (/^[\p{Mark}\p{Control}\p{Format}]/u.test(grapheme)) return 0
  if (/\p{Emoji_Presentation}|\uFE0F/u.test(grapheme)) return 2
  return wideCharacter.test(grapheme) ? 2 : 1
}

/** East Asian Wide and Fullwidth blocks (Unicode Standard Annex 11). */
const wideCharacter =
  /^[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]/u
