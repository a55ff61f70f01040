/** A metric over an axis as a picture in SVG: a point for each experiment, its spread over seeds as a bar. */
import { html, type Markup } from './markup.ts'
import { formatNumber } from './numbers.ts'

/** A point of the plot. */
export interface PlotPoint {
  readonly x: number | string
  readonly y: number
  /** Standard deviation over seeds. */
  readonly deviation?: number
  /** Points of one series are joined by a line. */
  readonly series: string
}

/** Titles of the axes. */
export interface PlotTitles {
  readonly x: string
  readonly y: string
}

const size = { width: 640, height: 400 }
const margin = { left: 76, right: 20, top: 20, bottom: 60 }
const colours = ['#1f6f8b', '#c05621', '#5b8c3e', '#7b4fa3', '#a03050', '#3d5a80', '#8a6d1d', '#2f7f6f']

/** The plot. Numbers on the axis are placed by their value, texts in the order in which they come. */
export function axisPlot(points: readonly PlotPoint[], titles: PlotTitles): string {
  const horizontal = horizontalScale(points)
  const low = Math.min(...points.map(({ y, deviation = 0 }) => y - deviation))
  const high = Math.max(...points.map(({ y, deviation = 0 }) => y + deviation))
  const pad = high === low ? Math.max(1, Math.abs(high) * 0.1) : (high - low) * 0.08
  const vertical = linear([low - pad, high + pad], [size.height - margin.bottom, margin.top])
  const series = [...new Set(points.map(point => point.series))]
  const ticks = Array.from({ length: 5 }, (_, i) => low - pad + ((high - low + 2 * pad) * i) / 4)
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" font-family="sans-serif" font-size="12" role="img" aria-label="${titles.y} by ${titles.x}"><rect width="100%" height="100%" fill="#fff"/>
${ticks.map(tick => html`<line x1="${margin.left}" x2="${size.width - margin.right}" y1="${vertical(tick)}" y2="${vertical(tick)}" stroke="#ddd"/><text x="${margin.left - 8}" y="${vertical(tick) + 4}" text-anchor="end">${formatNumber(tick)}</text>`)}
${horizontal.ticks.map(({ at, text }) => html`<text x="${at}" y="${size.height - margin.bottom + 18}" text-anchor="middle">${text}</text>`)}
<text x="${(margin.left + size.width - margin.right) / 2}" y="${size.height - 22}" text-anchor="middle" font-weight="bold">${titles.x}</text>
<text transform="translate(16 ${(margin.top + size.height - margin.bottom) / 2}) rotate(-90)" text-anchor="middle" font-weight="bold">${titles.y}</text>
${series.map((name, index) =>
  showSeries(
    points.filter(point => point.series === name),
    { colour: colours[index % colours.length] ?? '#000', x: horizontal.place, y: vertical },
  ),
)}
${series.length < 2 ? '' : series.map((name, index) => html`<text x="${margin.left + 8}" y="${margin.top + 14 + index * 16}" fill="${colours[index % colours.length] ?? '#000'}">${name}</text>`)}
</svg>
`.markup
}

interface SeriesStyle {
  readonly colour: string
  readonly x: (x: PlotPoint['x']) => number
  readonly y: (y: number) => number
}

function showSeries(points: readonly PlotPoint[], { colour, x, y }: SeriesStyle): Markup {
  const sorted = points.toSorted((a, b) => x(a.x) - x(b.x))
  const line = sorted.map(point => `${x(point.x)},${y(point.y)}`).join(' ')
  return html`<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="1.5"/>${sorted.map(
    point =>
      html`${
        point.deviation === undefined
          ? ''
          : html`<line x1="${x(point.x)}" x2="${x(point.x)}" y1="${y(point.y - point.deviation)}" y2="${y(point.y + point.deviation)}" stroke="${colour}" stroke-width="1.5"/>`
      }<circle cx="${x(point.x)}" cy="${y(point.y)}" r="3.5" fill="${colour}"/>`,
  )}`
}

const linear =
  ([from, to]: readonly [number, number], [start, end]: readonly [number, number]) =>
  (value: number): number =>
    Math.round((start + ((value - from) / (to - from)) * (end - start)) * 100) / 100

function horizontalScale(points: readonly PlotPoint[]) {
  const values = [...new Set(points.map(({ x }) => x))]
  const range = [margin.left + 24, size.width - margin.right - 24] as const
  const numbers = values.filter(value => typeof value === 'number')
  const isNumeric = numbers.length === values.length && numbers.length > 1
  const positions = new Map(values.map((value, index) => [value, index]))
  const scale = isNumeric
    ? linear([Math.min(...numbers), Math.max(...numbers)], range)
    : linear([0, Math.max(1, values.length - 1)], range)
  const place = (value: PlotPoint['x']): number =>
    scale(isNumeric && typeof value === 'number' ? value : (positions.get(value) ?? 0))
  return { place, ticks: values.map(value => ({ at: place(value), text: String(value) })) }
}
