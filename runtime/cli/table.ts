/** Tables of text in columns. */
import { cut } from './live/format.ts'

/** A cell: its text, and how to colour it once it is padded. */
export interface Cell {
  readonly text: string
  readonly paint?: (text: string) => string
}

/** Lays out rows; the first is the head. Columns named in `right` are flushed right; the last is cut to fit. */
export function layTable(
  rows: readonly (readonly Cell[])[],
  { width, right = [] }: { readonly width: number; readonly right?: readonly number[] },
): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.text.length ?? 0)))
  const last = widths.length - 1
  const room = width - widths.slice(0, last).reduce((sum, one) => sum + one + 2, 0)
  return rows.map(row =>
    row
      .map(({ text, paint = same }, column) => {
        if (column === last) return paint(cut(text, Math.max(12, room)))
        const wide = widths[column] ?? 0
        return paint(right.includes(column) ? text.padStart(wide) : text.padEnd(wide))
      })
      .join('  ')
      .trimEnd(),
  )
}

const same = (text: string): string => text
