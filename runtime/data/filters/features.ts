/** Features of images and texts for the overhead classifier. */
import { wordsOf } from './rules.ts'

/** Side of the square image that image features are measured on. */
export const measuredSide = 48

/** Places of the text's hash table. */
const textPlaces = 512

/** Measures an RGB image of shape `[48, 48, 3]`: colours, flatness, edges, borders, and detail at three scales. */
export function imageFeatures(rgb: Uint8Array): Float64Array {
  const grey = Float64Array.from({ length: rgb.length / 3 }, (_, i) => mix(rgb, i))
  return Float64Array.from([
    ...colourStatistics(rgb),
    ...flatness(rgb),
    ...edges(grey),
    ...borders(rgb),
    ...[1, 2, 4].map(step => Math.log1p(roughness(grey, step))),
  ])
}

/** Hashed words and pairs of words, of unit length, then three marks of file names. */
export function textFeatures(text: string): Float64Array {
  const words = ['<', ...wordsOf(text), '>']
  const features = new Float64Array(textPlaces + 3)
  for (const [i, word] of words.entries()) {
    for (const gram of [word, `${word} ${words[i + 1] ?? ''}`]) {
      const place = hash(gram) % textPlaces
      features[place] = (features[place] ?? 0) + 1
    }
  }
  const length = Math.sqrt(features.reduce((sum, value) => sum + value * value, 0))
  for (let i = 0; i < textPlaces; i++) features[i] = (features[i] ?? 0) / length
  features[textPlaces] = /\.\w{3,4}$/.test(text) ? 1 : 0
  features[textPlaces + 1] = /\d{3}/.test(text) ? 1 : 0
  features[textPlaces + 2] = Math.min(1, words.length / 20)
  return features
}

const at = (values: Uint8Array | Float64Array, i: number): number => values[i] ?? 0

const mix = (rgb: Uint8Array, i: number): number =>
  0.299 * at(rgb, 3 * i) + 0.587 * at(rgb, 3 * i + 1) + 0.114 * at(rgb, 3 * i + 2)

/** Mean and deviation of six colour axes, histograms of hue (by saturation), saturation and value. */
function colourStatistics(rgb: Uint8Array): number[] {
  const count = rgb.length / 3
  const sums = new Float64Array(6)
  const squares = new Float64Array(6)
  const hues = new Float64Array(12)
  const saturations = new Float64Array(6)
  const values = new Float64Array(8)
  for (let i = 0; i < count; i++) {
    const [r, g, b] = [at(rgb, 3 * i), at(rgb, 3 * i + 1), at(rgb, 3 * i + 2)]
    const [high, low] = [Math.max(r, g, b), Math.min(r, g, b)]
    const chroma = high - low
    const saturation = high === 0 ? 0 : chroma / high
    const axes = [r, g, b, r - g, b - (r + g) / 2, saturation * 255]
    for (const [axis, value] of axes.entries()) {
      sums[axis] = at(sums, axis) + value
      squares[axis] = at(squares, axis) + value * value
    }
    const hue =
      chroma === 0
        ? 0
        : high === r
          ? ((g - b) / chroma + 6) % 6
          : high === g
            ? (b - r) / chroma + 2
            : (r - g) / chroma + 4
    addTo(hues, Math.floor(hue * 2), chroma / 255)
    addTo(saturations, Math.floor(saturation * 6), 1)
    addTo(values, high >> 5, 1)
  }
  const means = [...sums].map(sum => sum / count / 255)
  const deviations = means.map((mean, axis) => Math.sqrt(Math.max(0, at(squares, axis) / count / 65025 - mean * mean)))
  return [...means, ...deviations, ...[...hues, ...saturations, ...values].map(value => Math.sqrt(value / count))]
}

/** Shares of the most frequent colours (4 bits a channel), how many colours there are, and the share of pure grey. */
function flatness(rgb: Uint8Array): number[] {
  const colours = new Map<number, number>()
  const count = rgb.length / 3
  let grey = 0
  for (let i = 0; i < count; i++) {
    const [r, g, b] = [at(rgb, 3 * i), at(rgb, 3 * i + 1), at(rgb, 3 * i + 2)]
    const colour = ((r >> 4) << 8) | ((g >> 4) << 4) | (b >> 4)
    colours.set(colour, (colours.get(colour) ?? 0) + 1)
    if (Math.abs(r - g) + Math.abs(g - b) < 10) grey++
  }
  const shares = [...colours.values()].sort((a, b) => b - a).map(n => n / count)
  const most = (n: number) => shares.slice(0, n).reduce((sum, share) => sum + share, 0)
  return [most(1), most(3), most(8), Math.log(shares.length), grey / count]
}

/** Histograms of gradient strength and direction, and the shares of flat pixels and of upright or level edges. */
function edges(grey: Float64Array): number[] {
  const side = measuredSide
  const strengths = new Float64Array(8)
  const directions = new Float64Array(8)
  let [flat, straight, total] = [0, 0, 0]
  for (let y = 1; y < side - 1; y++) {
    for (let x = 1; x < side - 1; x++) {
      const i = y * side + x
      const [dx, dy] = [at(grey, i + 1) - at(grey, i - 1), at(grey, i + side) - at(grey, i - side)]
      const strength = Math.hypot(dx, dy)
      addTo(strengths, Math.floor(Math.log2(1 + strength)), 1)
      if (strength < 2) flat++
      total += strength
      const angle = Math.atan2(dy, dx) / Math.PI + 1
      addTo(directions, Math.floor((angle * 4) % 8), strength)
      if (Math.min(Math.abs(dx), Math.abs(dy)) < 0.05 * strength) straight += strength
    }
  }
  const count = (side - 2) ** 2
  const scale = Math.max(total, 1)
  return [
    ...[...strengths].map(n => Math.sqrt(n / count)),
    ...[...directions].map(n => n / scale),
    flat / count,
    straight / scale,
  ]
}

/** Deviation along the border, in the corners and inside, and how far border and middle differ. */
function borders(rgb: Uint8Array): number[] {
  const side = measuredSide
  const near = (x: number, y: number, width: number) => Math.min(x, y, side - 1 - x, side - 1 - y) < width
  const corner = (x: number, y: number) => Math.min(x, side - 1 - x) < 6 && Math.min(y, side - 1 - y) < 6
  const zones: [number[], number[], number[]] = [[], [], []]
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const value = mix(rgb, y * side + x) / 255
      if (near(x, y, 2)) zones[0].push(value)
      if (corner(x, y)) zones[1].push(value)
      if (!near(x, y, 12)) zones[2].push(value)
    }
  }
  const moments = zones.map(zone => {
    const mean = zone.reduce((sum, value) => sum + value, 0) / zone.length
    const variance = zone.reduce((sum, value) => sum + (value - mean) ** 2, 0) / zone.length
    return { mean, deviation: Math.sqrt(variance) }
  })
  const means = moments.map(zone => zone.mean)
  return [...moments.map(zone => zone.deviation), ...means, Math.abs((means[0] ?? 0) - (means[2] ?? 0))]
}

/** Mean absolute Laplacian over a distance in pixels: detail at that scale. */
function roughness(grey: Float64Array, step: number): number {
  const side = measuredSide
  let sum = 0
  for (let y = step; y < side - step; y++) {
    for (let x = step; x < side - step; x++) {
      const i = y * side + x
      const around = at(grey, i - step) + at(grey, i + step) + at(grey, i - step * side) + at(grey, i + step * side)
      sum += Math.abs(4 * at(grey, i) - around)
    }
  }
  return sum / (side - 2 * step) ** 2
}

/** Adds to a bin; values beyond the last bin count in the last. */
function addTo(bins: Float64Array, bin: number, amount: number): void {
  const place = Math.min(bins.length - 1, bin)
  bins[place] = at(bins, place) + amount
}

/** 32-bit FNV-1a. */
function hash(text: string): number {
  let state = 0x811c9dc5
  for (const character of text) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return state >>> 0
}
