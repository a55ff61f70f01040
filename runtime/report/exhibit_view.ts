/** Exhibits as figures and tables of the page. */
import type { Exhibit, Figure } from '../kinds/exhibit.ts'
import { magmaGradient } from './colour_map.ts'
import { colourBar, drawCurves, smoothingNote } from './curves.ts'
import { html, type Markup, type MarkupPart } from './markup.ts'
import { formatColumn, formatNumber } from './numbers.ts'
import { drawFigure } from './picture.ts'

type Of<Kind extends Exhibit['kind']> = Extract<Exhibit, { kind: Kind }>

/** Shows an exhibit; its pictures lie in `folder`. */
export async function showExhibit(exhibit: Exhibit, folder: string): Promise<Markup> {
  switch (exhibit.kind) {
    case 'figures':
      return showFigures(exhibit, folder)
    case 'strips':
      return showStrips(exhibit, folder)
    case 'table':
      return showTable(exhibit)
    case 'curves':
      return html`<figure class="exhibit half">${figureCaption(exhibit, smoothingNote(exhibit))}${drawCurves(exhibit)}</figure>`
  }
}

const captionText = ({ title, note }: Exhibit, more = ''): Markup =>
  html`<b>${title}${/[.?!]$/.test(title) ? '' : '.'}</b> <span class="note">${[note ?? '', more].filter(Boolean).join(' ')}</span>`

const figureCaption = (exhibit: Exhibit, more?: string): Markup =>
  html`<figcaption>${captionText(exhibit, more)}</figcaption>`

async function showFigures(exhibit: Of<'figures'>, folder: string): Promise<Markup> {
  const items = await inTurn(exhibit.items, item => showFigure(item, { folder, title: exhibit.title }))
  return html`<figure class="exhibit">${figureCaption(exhibit)}<div class="grid-of-figures">${items}</div>${key(exhibit.items)}</figure>`
}

async function showStrips(exhibit: Of<'strips'>, folder: string): Promise<Markup> {
  const rows = await inTurn(exhibit.rows, async row => {
    const cells = await inTurn(row, (item, column) =>
      showFigure(item, { folder, title: exhibit.columns?.[column] ?? exhibit.title }),
    )
    return html`<tr>${cells.map(cell => html`<td>${cell}</td>`)}</tr>`
  })
  const head =
    exhibit.columns && html`<thead><tr>${exhibit.columns.map(name => html`<th scope="col">${name}</th>`)}</tr></thead>`
  const widest = Math.max(0, ...exhibit.rows.map(row => row.length))
  return html`<figure class="exhibit">${figureCaption(exhibit)}<div class="scroll"><table class="strips" style="--columns:${widest}">${head}<tbody>${rows}</tbody></table></div>${key(exhibit.rows.flat())}</figure>`
}

/** One after the other: pictures are large while they are drawn. */
async function inTurn<Item>(
  items: readonly Item[],
  show: (item: Item, index: number) => Promise<Markup>,
): Promise<readonly Markup[]> {
  const shown: Markup[] = []
  for (const [index, item] of items.entries()) shown.push(await show(item, index))
  return shown
}

/** A figure without a file is text alone: the query of a strip. */
async function showFigure(
  figure: Figure,
  { folder, title }: { readonly folder: string; readonly title: string },
): Promise<Markup> {
  if (figure.image === '')
    return html`<div class="figure query">${figure.lines.map(line => html`<p>${line}</p>`)}</div>`
  const picture = await drawFigure(figure, folder)
  const alt = [figure.tag?.text ?? '', ...figure.lines].filter(Boolean).join('; ') || title
  const shown: Markup = picture
    ? html`<img src="${picture.uri}" width="${picture.width}" height="${picture.height}" alt="${alt}"${picture.crisp && html` class="crisp"`}>`
    : html`<div class="lost">Picture missing</div>`
  return html`<div class="figure">${shown}${figure.tag && html`<span class="tag ${figure.tag.tone}">${figure.tag.text}</span>`}${figure.lines.map(line => html`<p>${line}</p>`)}</div>`
}

/** Explains colours and outlines where there are any. */
function key(figures: readonly Figure[]): MarkupPart {
  const heat = figures.some(figure => figure.heat !== undefined)
  const mask = figures.some(figure => figure.mask !== undefined)
  if (!heat && !mask) return ''
  return html`<p class="key">${heat && html`<span>${colourBar(magmaGradient)}</span><span>Colours span each map's own lowest to highest score.</span>`}${mask && html`<span>White outline: the true mask.</span>`}</p>`
}

function showTable(exhibit: Of<'table'>): Markup {
  const { columns, rows } = exhibit
  const styles = columns.map((_, column) => columnStyle(rows.map(row => row[column] ?? '')))
  const shade = isMatrix(exhibit) ? shades(rows) : undefined
  const side = (column: number) => styles[column]?.numeric === true && html` class="number"`
  const show = (cell: string | number, column: number) =>
    typeof cell === 'number' ? (styles[column]?.print ?? formatNumber)(cell) : cell
  return html`<figure class="exhibit table"><figcaption>${captionText(exhibit)}</figcaption><div class="scroll"><table${shade && html` class="matrix"`} aria-label="${exhibit.title}">
<thead><tr>${columns.map((name, column) => html`<th scope="col"${side(column)}>${name}</th>`)}</tr></thead>
<tbody>${rows.map((row, index) => html`<tr>${row.map((cell, column) => html`<td${side(column)}${shade?.(index, column)}>${show(cell, column)}</td>`)}</tr>`)}</tbody></table></div></figure>`
}

/** Rows and columns have the same names, as in a confusion matrix. */
const isMatrix = ({ columns, rows }: Of<'table'>): boolean =>
  rows.length > 2 && columns.length === rows.length + 1 && rows.every((row, index) => row[0] === columns[index + 1])

/** Shades the numbers of a row by their share of it. */
function shades(rows: Of<'table'>['rows']): (row: number, column: number) => MarkupPart {
  const count = (cell: string | number | undefined) => (typeof cell === 'number' ? cell : 0)
  const totals = rows.map(row => row.reduce<number>((sum, cell) => sum + count(cell), 0) || 1)
  return (row, column) =>
    column > 0 && html` style="--share:${Math.round((100 * count(rows[row]?.[column])) / (totals[row] ?? 1))}%"`
}

/** A column is set to the right when everything in it is a number or starts with one. */
function columnStyle(cells: readonly (string | number)[]) {
  const numbers = cells.filter(cell => typeof cell === 'number')
  const texts = cells.filter(cell => typeof cell === 'string').filter(Boolean)
  const numeric = numbers.length + texts.length > 0 && texts.every(text => /^[<>≤≥~−-]?\d/.test(text))
  return { numeric, print: formatColumn(numbers) }
}
