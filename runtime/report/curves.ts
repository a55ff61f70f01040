/** Line charts as inline SVG. */
import type { Exhibit } from '../kinds/exhibit.ts'
import { html, type Markup, trusted } from './markup.ts'
import { formatColumn } from './numbers.ts'
import { type Axis, niceAxis, runningMean, thin } from './scale.ts'

type Curves = Extract<Exhibit, { kind: 'curves' }>
type Series = Curves['series'][number]
type CurvePoint = Series['points'][number]

const WIDTH = 440
const HEIGHT = 256
const TOP = 26
const BOTTOM = 40
const LEFT = 46

/** Longest series name that is written at the end of its line; longer ones go into a legend. */
const LABEL_LENGTH = 14

/** A chart: thin lines are the raw values, thick ones their running mean where a series is long enough to be noisy. */
export function drawCurves(exhibit: Curves): Markup {
  const series = exhibit.series.filter(({ points }) => points.length > 0)
  if (series.length === 0) return html`<p class="missing">No points were recorded.</p>`
  const smooth = series.map(runningMean)
  const labelled = series.length > 1 && series.length <= 5 && series.every(({ name }) => name.length <= LABEL_LENGTH)
  const right = labelled ? 14 + 6.4 * Math.max(...series.map(({ name }) => name.length)) : 22
  const points = series.flatMap(one => one.points)
  const x = niceAxis(
    points.map(point => point[0]),
    { from: LEFT, to: WIDTH - right, most: 6 },
  )
  const y = niceAxis(
    points.map(point => point[1]),
    { from: HEIGHT - BOTTOM, to: TOP, most: 6 },
  )
  const legend = series.length > 1 && !labelled
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${describe(exhibit, series)}">
${grid(x, y)}
<text class="unit" x="${LEFT - 38}" y="12">${exhibit.y}</text>
<text class="unit" x="${WIDTH - right}" y="${HEIGHT - 5}" text-anchor="end">${exhibit.x}</text>
${series.map((one, index) => drawLine(one.points, smooth[index], { x, y, index }))}
${labelled && endLabels(series, smooth, { x, y })}
</svg>${legend && drawLegend(series)}`
}

/** Says whether a chart shows running means, and over how many points. */
export function smoothingNote({ series }: Curves): string {
  const widths = series.flatMap(one => runningMean(one)?.width ?? [])
  if (widths.length === 0) return ''
  const [low, high] = [Math.min(...widths), Math.max(...widths)]
  return `Thin line: every value; thick line: mean over ${low === high ? low : `${low} to ${high}`} neighbouring values.`
}

interface Frame {
  readonly x: Axis
  readonly y: Axis
}

function grid(x: Axis, y: Axis): Markup {
  const spellX = formatColumn(x.ticks)
  const spellY = formatColumn(y.ticks)
  return html`<g class="grid">${y.ticks.map(
    tick => html`<line x1="${x.from}" x2="${x.to}" y1="${y.place(tick)}" y2="${y.place(tick)}"/>`,
  )}</g><g class="ticks">${y.ticks.map(
    tick => html`<text x="${x.from - 7}" y="${y.place(tick) + 3.5}" text-anchor="end">${spellY(tick)}</text>`,
  )}${x.ticks.map(
    tick => html`<text x="${x.place(tick)}" y="${HEIGHT - BOTTOM + 17}" text-anchor="middle">${spellX(tick)}</text>`,
  )}</g>`
}

function drawLine(
  raw: readonly CurvePoint[],
  smooth: { readonly points: readonly CurvePoint[] } | undefined,
  { x, y, index }: Frame & { readonly index: number },
): Markup {
  const path = (points: readonly CurvePoint[]) =>
    points.map((point, at) => `${at === 0 ? 'M' : 'L'}${x.place(point[0])} ${y.place(point[1])}`).join('')
  const colour = `s${index % 6}`
  const dot = raw.length === 1 ? raw[0] : undefined
  if (dot) return html`<circle class="dot ${colour}" cx="${x.place(dot[0])}" cy="${y.place(dot[1])}" r="3.5"/>`
  if (smooth === undefined) return html`<path class="line ${colour}" d="${path(thin(raw))}"/>`
  return html`<path class="raw ${colour}" d="${path(thin(raw))}"/><path class="line ${colour}" d="${path(thin(smooth.points))}"/>`
}

/** Names at the ends of the lines, pushed apart so that none covers another. */
function endLabels(
  series: readonly Series[],
  smooth: readonly ({ readonly points: readonly CurvePoint[] } | undefined)[],
  { x, y }: Frame,
): Markup {
  const gap = 14
  const labels = series
    .map(({ name, points }, index) => {
      const last = (smooth[index]?.points ?? points).at(-1)
      return { name, index, at: last ? y.place(last[1]) : TOP }
    })
    .toSorted((a, b) => a.at - b.at)
  let free = TOP
  const lowered = labels.map(label => {
    const at = Math.max(label.at, free)
    free = at + gap
    return { ...label, at }
  })
  const overflow = Math.max(0, free - gap - (HEIGHT - BOTTOM))
  return html`${lowered.map(
    ({ name, index, at }) =>
      html`<text class="label s${index % 6}" x="${x.to + 7}" y="${at - overflow + 4}">${name}</text>`,
  )}`
}

const drawLegend = (series: readonly Series[]): Markup =>
  html`<ul class="legend">${series.map(({ name }, index) => html`<li class="s${index % 6}"><span>${name}</span></li>`)}</ul>`

/** Text for readers who see no picture: the first, last and lowest value of each line. */
function describe({ title, x, y }: Curves, series: readonly Series[]): string {
  const lines = series.map(({ name, points }) => {
    const values = points.map(point => point[1])
    const spell = formatColumn(values)
    return `${name} goes from ${spell(values[0] ?? 0)} to ${spell(values.at(-1) ?? 0)}, lowest ${spell(Math.min(...values))}`
  })
  return `${title}: ${y} over ${x}. ${lines.join('; ')}.`
}

/** A gradient bar with its ends named, for heatmaps. */
export const colourBar = (gradient: string): Markup =>
  html`<span class="colour-bar"><span>low</span><i style="background:${trusted(gradient)}"></i><span>high</span></span>`
