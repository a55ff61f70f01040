/** Exhibits as figures and tables of the page. */
import type { Exhibit, Figure } from '../stages/exhibit.ts'
import { magmaGradient } from './colour_map.ts'
import { colourBar, drawCurves, smoothingNote } from './curves.ts'
import { html, type Markup, type Part } from './markup.ts'
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
      return html`<div class="exhibit table scroll">${showTable(exhibit)}</div>`
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
  return html`<figure class="exhibit">${figureCaption(exhibit)}<div class="scroll"><table class="strips">${head}<tbody>${rows}</tbody></table></div>${key(exhibit.rows.flat())}</figure>`
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

async function showFigure(
  figure: Figure,
  { folder, title }: { readonly folder: string; readonly title: string },
): Promise<Markup> {
  const picture = await drawFigure(figure, folder)
  const alt = [figure.tag?.text ?? '', ...figure.lines].filter(Boolean).join('; ') || title
  const shown: Markup = picture
    ? html`<img src="${picture.uri}" width="${picture.width}" height="${picture.height}" alt="${alt}"${picture.crisp && html` class="crisp"`}>`
    : html`<div class="lost">Picture missing</div>`
  return html`<div class="figure">${shown}${figure.tag && html`<span class="tag ${figure.tag.tone}">${figure.tag.text}</span>`}${figure.lines.map(line => html`<p>${line}</p>`)}</div>`
}

/** Explains colours and outlines where there are any. */
function key(figures: readonly Figure[]): Part {
  const heat = figures.some(figure => figure.heat !== undefined)
  const mask = figures.some(figure => figure.mask !== undefined)
  if (!heat && !mask) return ''
  return html`<p class="key">${heat && html`<span>${colourBar(magmaGradient)}</span><span>Colours span each map's own lowest to highest score.</span>`}${mask && html`<span>White outline: the true mask.</span>`}</p>`
}

/** From this many columns on a table is set small, with its number columns' titles upright. */
const MANY = 10

function showTable(exhibit: Of<'table'>): Markup {
  const { columns, rows } = exhibit
  const styles = columns.map((_, column) => columnStyle(rows.map(row => row[column] ?? '')))
  const side = (column: number) => styles[column]?.numeric === true && html` class="number"`
  return html`<table${columns.length >= MANY && html` class="many"`}><caption>${captionText(exhibit)}</caption>
<thead><tr>${columns.map((name, column) => html`<th scope="col"${side(column)}>${name}</th>`)}</tr></thead>
<tbody>${rows.map(row => html`<tr>${row.map((cell, column) => html`<td${side(column)}>${typeof cell === 'number' ? (styles[column]?.print ?? formatNumber)(cell) : cell}</td>`)}</tr>`)}</tbody></table>`
}

/** A column is set to the right when everything in it is a number or starts with one. */
function columnStyle(cells: readonly (string | number)[]) {
  const numbers = cells.filter(cell => typeof cell === 'number')
  const texts = cells.filter(cell => typeof cell === 'string').filter(Boolean)
  const numeric = numbers.length + texts.length > 0 && texts.every(text => /^[<>≤≥~−-]?\d/.test(text))
  return { numeric, print: formatColumn(numbers) }
}
