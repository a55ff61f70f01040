/** Tables of text as CSV, Markdown and LaTeX. */

/** Titles and rows of cells; a missing cell is empty. */
export interface PlainTable {
  readonly titles: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Columns of numbers, which are set to the right. */
  readonly numbers: ReadonlySet<number>
}

/** CSV (RFC 4180). */
export function csvText({ titles, rows }: PlainTable): string {
  const quote = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
  return [titles, ...rows].map(row => row.map(quote).join(',')).join('\r\n')
}

/** A table of GitHub's Markdown. */
export function markdownText({ titles, rows, numbers }: PlainTable): string {
  const line = (cells: readonly string[]) => `| ${cells.map(markdownCell).join(' | ')} |`
  const rule = titles.map((_, column) => (numbers.has(column) ? '---:' : '---'))
  return [line(titles), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n')
}

const markdownCell = (cell: string): string => cell.replaceAll(/[\\|`*_<>[\]]/g, '\\$&').replaceAll(/\s+/g, ' ')

/** A `tabular` with the rules of LaTeX's package booktabs. */
export function latexText({ titles, rows, numbers }: PlainTable): string {
  const line = (cells: readonly string[]) => `  ${cells.map(latexCell).join(' & ')} \\\\`
  const layout = titles.map((_, column) => (numbers.has(column) ? 'r' : 'l')).join('')
  return [
    `\\begin{tabular}{${layout}}`,
    '  \\toprule',
    line(titles),
    '  \\midrule',
    ...rows.map(line),
    '  \\bottomrule',
    '\\end{tabular}',
  ].join('\n')
}

const latexWords: { readonly [character: string]: string } = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '±': '$\\pm$',
  '\u2212': '$-$',
  '≥': '$\\geq$',
  '≤': '$\\leq$',
}

const latexCell = (cell: string): string =>
  cell.replaceAll(/[\\~^±\u2212≥≤#$%&_{}]/g, character => latexWords[character] ?? `\\${character}`)
