/** Pictures that a crawl brings along and that show no ground at all: charts, cards, textures, landscapes. */
import type { Random } from '../random.ts'
import { lettering } from './lettering.ts'

/** Size of a drawing in pixels. */
export interface ImageSize {
  readonly width: number
  readonly height: number
}

/** Wraps shapes in an SVG document. */
export const svg = ({ width, height }: ImageSize, shapes: readonly string[]): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes.join('')}</svg>`

/** An SVG rectangle. */
export const rectangle = (x: number, y: number, size: ImageSize, fill: string): string =>
  `<rect x="${x}" y="${y}" width="${size.width}" height="${size.height}" fill="${fill}"/>`

/** An opaque colour within ranges: hue in degrees, saturation and lightness in percent. */
export const colour = (random: Random, saturation: [number, number], lightness: [number, number]): string =>
  `hsl(${random.below(360)},${Math.round(random.between(...saturation))}%,${Math.round(random.between(...lightness))}%)`

/** A bar, line, pie or scatter chart with a title and axes. */
export function chart(form: 'bar' | 'line' | 'pie' | 'scatter', size: ImageSize, random: Random): string {
  const { width: w, height: h } = size
  const dark = random.chance(0.2)
  const ink = dark ? '#ddd' : '#333'
  const paper = rectangle(0, 0, size, dark ? '#223' : random.pick(['#fff', '#fff', '#f6f3ea', '#eef3f8']))
  const title = lettering(random.pick(['RAINFALL', 'POPULATION', 'GDP', 'SALES 2019', 'RESULTS', 'LAND USE']), {
    ...{ x: w / 2, top: h * 0.03, height: Math.max(5, h * 0.08), fill: ink, centred: true },
  })
  const box = { left: w * 0.14, right: w * 0.95, top: h * 0.17, bottom: h * 0.88 }
  const axes = `<path d="M${box.left} ${box.top}V${box.bottom}H${box.right}" fill="none" stroke="${ink}"/>`
  const rules = [0.25, 0.5, 0.75].map(share => {
    const y = box.bottom + share * (box.top - box.bottom)
    return `<path d="M${box.left} ${y}H${box.right}" stroke="${ink}" stroke-opacity="0.25" stroke-width="0.6"/>`
  })
  const count = 3 + random.below(7)
  const values = Array.from({ length: count }, () => random.between(0.1, 1))
  const x = (i: number) => box.left + ((i + 0.5) / count) * (box.right - box.left)
  const y = (value: number) => box.bottom + value * (box.top - box.bottom)
  const fills = values.map(() => colour(random, [45, 85], [35, 65]))
  const fill = (i: number) => fills[random.chance(0.5) ? 0 : i] ?? ink
  switch (form) {
    case 'bar': {
      const bar = ((box.right - box.left) / count) * random.between(0.5, 0.9)
      const bars = values.map((value, i) =>
        rectangle(x(i) - bar / 2, y(value), { width: bar, height: box.bottom - y(value) }, fill(i)),
      )
      return svg(size, [paper, title, ...rules, ...bars, axes])
    }
    case 'line': {
      const lines = [0, 1, 2].slice(0, 1 + random.below(3)).map(line => {
        const points = values.map((_, i) => `${x(i)},${y(random.between(0.05, 1))}`).join(' ')
        return `<polyline points="${points}" fill="none" stroke="${fills[line] ?? ink}" stroke-width="1.6"/>`
      })
      return svg(size, [paper, title, ...rules, ...lines, axes])
    }
    case 'scatter': {
      const dots = Array.from({ length: 15 + random.below(40) }, () => {
        const [cx, cy] = [random.between(box.left, box.right), random.between(box.top, box.bottom)]
        return `<circle cx="${cx}" cy="${cy}" r="${random.between(1, 2.4)}" fill="${random.pick(fills)}"/>`
      })
      return svg(size, [paper, title, ...dots, axes])
    }
    case 'pie': {
      const total = values.reduce((sum, value) => sum + value, 0)
      const [cx, cy, r] = [w / 2, h * 0.55, Math.min(w, h) * 0.36]
      let angle = random.between(0, 6)
      const slices = values.map((value, i) => {
        const from = angle
        angle += (value / total) * 2 * Math.PI
        const point = (a: number) => `${cx + r * Math.cos(a)} ${cy + r * Math.sin(a)}`
        const large = angle - from > Math.PI ? 1 : 0
        return `<path d="M${cx} ${cy}L${point(from)}A${r} ${r} 0 ${large} 1 ${point(angle)}Z" fill="${fills[i]}"/>`
      })
      return svg(size, [paper, title, ...slices])
    }
  }
}

/** A screenshot-like page or a quotation card: a heading, lines of text, perhaps a button and a picture box. */
export function card(size: ImageSize, random: Random): string {
  const { width: w, height: h } = size
  const paper = rectangle(0, 0, size, random.pick(['#fff', '#f4f4f4', '#1b2735', colour(random, [20, 60], [80, 93])]))
  const ink = random.pick(['#222', '#444', '#1a5276', '#888'])
  const shapes = [paper]
  if (random.chance(0.5))
    shapes.push(rectangle(0, 0, { width: w, height: h * 0.14 }, colour(random, [40, 80], [25, 55])))
  const heading = random.pick(['NEWS', 'SALE', 'WEATHER', 'EARTH DAY', 'CHAPTER 4', 'NOT FOUND', 'LOGIN'])
  shapes.push(lettering(heading, { x: w * 0.08, top: h * 0.2, height: h * 0.13, fill: ink }))
  for (let y = h * 0.42; y < h * 0.9; y += h * 0.09) {
    const line = { width: w * random.between(0.3, 0.85), height: h * 0.035 }
    shapes.push(rectangle(w * 0.08, y, line, ink))
  }
  if (random.chance(0.4)) {
    const box = { width: w * 0.35, height: h * 0.3 }
    shapes.push(rectangle(w * 0.58, h * 0.45, box, colour(random, [20, 70], [40, 75])))
  }
  return svg(size, shapes)
}

/** A gradient, or a texture of blobs in near colours. */
export function texture(size: ImageSize, random: Random): string {
  const { width: w, height: h } = size
  const hue = random.below(360)
  const tone = () => `hsl(${hue + random.below(50)},${20 + random.below(50)}%,${20 + random.below(60)}%)`
  const stops = `<stop offset="0" stop-color="${tone()}"/><stop offset="1" stop-color="${tone()}"/>`
  const turn = random.below(360)
  const gradient = `<linearGradient id="g" gradientTransform="rotate(${turn} 0.5 0.5)">${stops}</linearGradient>`
  const ground = `<defs>${gradient}</defs>${rectangle(0, 0, size, 'url(#g)')}`
  if (random.chance(0.35)) return svg(size, [ground])
  const blobs = Array.from({ length: 20 + random.below(60) }, () => {
    const [cx, cy] = [random.between(0, w), random.between(0, h)]
    const [rx, ry] = [random.between(w * 0.02, w * 0.2), random.between(h * 0.02, h * 0.12)]
    return `<ellipse cx="${cx}" cy="${cy}" rx="${rx}" ry="${ry}" fill="${tone()}" fill-opacity="0.45"/>`
  })
  return svg(size, [ground, ...blobs])
}

/** A photograph from the ground: sky, ridges behind ridges, sometimes a lake and a sun. */
export function landscape(size: ImageSize, random: Random): string {
  const { width: w, height: h } = size
  const [high, low] = random.pick([
    ['#3f7fc4', '#cfe3f2'],
    ['#5b6b85', '#d9d5cf'],
    ['#33305e', '#f0a36b'],
    ['#8fb8dc', '#f2f4f5'],
  ])
  const stops = `<stop offset="0" stop-color="${high}"/><stop offset="1" stop-color="${low}"/>`
  const sky = `<linearGradient id="s" x1="0" y1="0" x2="0" y2="1">${stops}</linearGradient>`
  const shapes = [`<defs>${sky}</defs>${rectangle(0, 0, size, 'url(#s)')}`]
  if (random.chance(0.4)) {
    const [cx, cy] = [random.between(w * 0.1, w * 0.9), random.between(h * 0.1, h * 0.4)]
    shapes.push(`<circle cx="${cx}" cy="${cy}" r="${h * 0.06}" fill="#fff6d0"/>`)
  }
  const hue = random.pick([28, 90, 120, 210])
  for (const [i, base] of [0.5, 0.62, 0.76, 0.9].slice(0, 2 + random.below(3)).entries()) {
    const points = Array.from({ length: 14 }, (_, step) => {
      const y = h * (base + random.between(-0.09, 0.09) / (1 + i * 0.4))
      return `${(w * step) / 13},${y.toFixed(1)}`
    })
    const fill = `hsl(${hue},${12 + i * 9}%,${58 - i * 13}%)`
    shapes.push(`<polygon points="0,${h} ${points.join(' ')} ${w},${h}" fill="${fill}"/>`)
  }
  return svg(size, shapes)
}
