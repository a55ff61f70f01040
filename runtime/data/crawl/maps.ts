/** Drawn maps of countries: political, single-country and choropleth, on a sheet in equirectangular projection. */
import type { Country, GeoRing } from '../countries.ts'
import type { Random } from '../random.ts'
import { colour, type ImageSize, rectangle, svg } from './charts.ts'
import { lettering } from './lettering.ts'

/** Extent and content of a map. */
export interface MapView {
  /** Centre in degrees. */
  readonly lon: number
  readonly lat: number
  /** Width of the sheet in degrees of longitude. */
  readonly span: number
  /** Colours say quantities: few hues by class, and a legend. */
  readonly choropleth: boolean
  readonly title: string
}

/** Draws a map as SVG. */
export function drawMap(view: MapView, countries: readonly Country[], { size, random }: MapStyle): string {
  const scale = size.width / view.span
  const x = (lon: number) => (lon - view.lon) * scale + size.width / 2
  const y = (lat: number) => (view.lat - lat) * scale + size.height / 2
  const sea = random.pick(['#ffffff', '#d6e6f5', '#a9cfe8', '#8fbcdb', '#eeeeee', '#3a6ea5', '#1f2a3a'])
  const border = random.pick(['#ffffff', '#444444', '#888888', '#b08060'])
  const palette = view.choropleth ? ramp(random) : Array.from({ length: 7 }, () => pastel(random))
  const plain = !view.choropleth && random.chance(0.3) ? random.pick(['#efe9dc', '#cfcfcf', '#7da56b', '#dcc9a0']) : ''
  const shapes = [rectangle(0, 0, size, sea)]
  for (const country of countries) {
    const path = country.rings.map(ring => outline(ring, { x, y, size })).join('')
    const fill = plain || random.pick(palette)
    if (path !== '') shapes.push(`<path d="${path}" fill="${fill}" stroke="${border}" stroke-width="0.5"/>`)
  }
  if (random.chance(0.4)) shapes.push(graticule(view, { x, y, size, random }))
  if (view.choropleth || random.chance(0.25)) shapes.push(legend(palette, size, random))
  if (random.chance(0.45)) {
    const height = Math.min(Math.max(5, size.height * 0.07), (size.width * 7) / (view.title.length * 6))
    const fill = sea === '#1f2a3a' || sea === '#3a6ea5' ? '#fff' : '#222'
    shapes.push(lettering(view.title, { x: size.width / 2, top: size.height * 0.04, height, fill, centred: true }))
  }
  return svg(size, shapes)
}

interface MapStyle {
  readonly size: ImageSize
  readonly random: Random
}

interface MapProjection {
  readonly x: (lon: number) => number
  readonly y: (lat: number) => number
  readonly size: ImageSize
}

/**
 * A ring as a path, or nothing where it lies outside the sheet. Corners nearer than a pixel are merged, after those far
 * outside were moved to a sheet's width from the edge, where nobody sees them.
 */
function outline(ring: GeoRing, { x, y, size }: MapProjection): string {
  const points: string[] = []
  let [lastX, lastY] = [Number.NaN, Number.NaN]
  let touches = false
  for (const [lon, lat] of ring) {
    const px = Math.max(-size.width, Math.min(2 * size.width, x(lon)))
    const py = Math.max(-size.height, Math.min(2 * size.height, y(lat)))
    touches ||= px > -size.width && px < 2 * size.width && py > -size.height && py < 2 * size.height
    if (Math.abs(lastX - px) + Math.abs(lastY - py) < 1) continue
    points.push(`${px.toFixed(1)} ${py.toFixed(1)}`)
    lastX = px
    lastY = py
  }
  return touches && points.length > 2 ? `M${points.join('L')}Z` : ''
}

function graticule(view: MapView, { x, y, size, random }: MapProjection & MapStyle): string {
  const step = view.span > 120 ? 30 : view.span > 40 ? 10 : 5
  const degrees = Array.from({ length: 360 / step + 1 }, (_, i) => -180 + i * step)
  const lines = degrees.flatMap(d => [`M${x(d)} 0V${size.height}`, `M0 ${y(d)}H${size.width}`]).join('')
  return `<path d="${lines}" stroke="${random.pick(['#555', '#fff', '#999'])}" stroke-width="0.4" stroke-opacity="0.6"/>`
}

function legend(palette: readonly string[], { width, height }: ImageSize, random: Random): string {
  const left = random.chance(0.5) ? width * 0.04 : width * 0.78
  const box = { width: width * 0.07, height: height * 0.06 }
  const rows = palette.slice(0, 5).map((fill, i) => {
    const top = height * (0.58 + i * 0.075)
    const words = rectangle(left + width * 0.09, top + box.height * 0.3, { width: width * 0.1, height: 1.2 }, '#333')
    return rectangle(left, top, box, fill) + words
  })
  const paper = { width: width * 0.22, height: height * 0.41 }
  return rectangle(left - width * 0.02, height * 0.56, paper, '#fffffff0') + rows.join('')
}

const pastel = (random: Random): string => colour(random, [25, 80], [60, 85])

/** Five shades of one hue, light to dark. */
function ramp(random: Random): readonly string[] {
  const hue = random.below(360)
  return [88, 74, 60, 46, 32].map(lightness => `hsl(${hue},65%,${lightness}%)`)
}
