/** Resampling of pictures by a named filter: separable, as wide as what it shrinks, so that nothing aliases. */

/** Names of resampling kernels. */
export type FilterName = 'bilinear' | 'bicubic' | 'lanczos3'

interface ResampleFilter {
  /** Distance beyond which nothing counts, in pixels of the larger grid's scale. */
  readonly radius: number
  readonly weight: (distance: number) => number
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))

/** Keys' cubic with a = -0.5, also known as Catmull-Rom. */
function cubic(distance: number): number {
  const x = Math.abs(distance)
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
}

const filters: Readonly<Record<FilterName, ResampleFilter>> = {
  bilinear: { radius: 1, weight: distance => Math.max(0, 1 - Math.abs(distance)) },
  bicubic: { radius: 2, weight: cubic },
  lanczos3: { radius: 3, weight: distance => (Math.abs(distance) < 3 ? sinc(distance) * sinc(distance / 3) : 0) },
}

/** Pixels of 8 bits a channel, row-major and interleaved; channels beyond the third are left out. */
export interface ColourRaster {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
  readonly channels: 3 | 4
}

/** The names of filters. */
export const filterNames: readonly FilterName[] = ['bilinear', 'bicubic', 'lanczos3']

/** A part of a picture, in pixels; its edges need not be whole. */
export interface PixelBox {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Filter taps of each position of the result along one axis. */
export interface Taps {
  /** First pixel of each position. */
  readonly first: Int32Array
  /** Pixels of each position. */
  readonly count: Int32Array
  /** `stride` for each position, as whole numbers that add up to {@link unit}: sums of them are exact and quick. */
  readonly weights: Int32Array
  readonly stride: number
}

/** Resampling of one axis: `size` positions over `length` from `start` on, of `source` pixels. */
export interface ResampleAxis {
  readonly source: number
  readonly start: number
  readonly length: number
  readonly size: number
}

const unitBits = 14

/** The weight of 1. */
export const unit = 2 ** unitBits

/** Bits that are kept of a pixel's fraction between the two passes. */
const fractionBits = 4

/** Weights along an axis; pixels around the box count where the picture has them, as in PIL's `resize(box=...)`. */
export function tapsOf({ source, start, length, size }: ResampleAxis, name: FilterName): Taps {
  const { radius, weight } = filters[name]
  const step = length / size
  const scale = Math.max(step, 1)
  const reach = radius * scale
  const stride = Math.ceil(2 * reach) + 1
  const first = new Int32Array(size)
  const count = new Int32Array(size)
  const weights = new Int32Array(size * stride)
  for (let i = 0; i < size; i++) {
    const centre = start + (i + 0.5) * step
    const low = Math.max(0, Math.floor(centre - reach + 0.5))
    const high = Math.min(source, Math.floor(centre + reach + 0.5))
    let sum = 0
    for (let at = low; at < high; at++) sum += weight((at + 0.5 - centre) / scale)
    let left = unit
    let heaviest = i * stride
    for (let at = low; at < high; at++) {
      const tap = i * stride + at - low
      const share = Math.round((unit * weight((at + 0.5 - centre) / scale)) / sum)
      weights[tap] = share
      left -= share
      if (share > (weights[heaviest] ?? 0)) heaviest = tap
    }
    // What rounding lost, so that a picture of one colour keeps it.
    weights[heaviest] = (weights[heaviest] ?? 0) + left
    first[i] = low
    count[i] = high - low
  }
  return { first, count, weights, stride }
}

/** A resampler keeps the memory of its passes from call to call. */
export type Resampler = (picture: ColourRaster, across: Taps, down: Taps) => Float32Array

/**
 * Makes a resampler: a picture and the taps of both axes -> RGB floats [rows, columns, 3] around 0..255, to a sixteenth of
 * a level. What a call returns is overwritten by the next.
 */
export function createResampler(): Resampler {
  let between = new Int32Array(0)
  let out = new Float32Array(0)
  return (picture, across, down) => {
    const line = across.first.length * 3
    const rows = down.first.length
    const top = down.first[0] ?? 0
    const bottom = (down.first[rows - 1] ?? 0) + (down.count[rows - 1] ?? 0)
    if (between.length < (bottom - top) * line) between = new Int32Array((bottom - top) * line)
    if (out.length !== rows * line) out = new Float32Array(rows * line)
    resampleRows(picture, across, { top, bottom, between })
    resampleColumns(between, down, { top, line, out })
    return out
  }
}

/** Rows `top` to `bottom` of a picture across: [rows, columns, 3] with {@link fractionBits}. */
function resampleRows(
  { data, width, channels }: ColourRaster,
  { first, count, weights, stride }: Taps,
  { top, bottom, between }: { readonly top: number; readonly bottom: number; readonly between: Int32Array },
): void {
  const columns = first.length
  const shift = unitBits - fractionBits
  const half = 1 << (shift - 1)
  let to = 0
  for (let row = top; row < bottom; row++)
    for (let column = 0; column < columns; column++) {
      const tap = column * stride
      const end = tap + (count[column] ?? 0)
      let from = (row * width + (first[column] ?? 0)) * channels
      let red = half
      let green = half
      let blue = half
      for (let i = tap; i < end; i++) {
        const weight = weights[i] ?? 0
        red = (red + Math.imul(weight, data[from] ?? 0)) | 0
        green = (green + Math.imul(weight, data[from + 1] ?? 0)) | 0
        blue = (blue + Math.imul(weight, data[from + 2] ?? 0)) | 0
        from += channels
      }
      between[to] = red >> shift
      between[to + 1] = green >> shift
      between[to + 2] = blue >> shift
      to += 3
    }
}

/** Resamples the result of {@link resampleRows} down: `line` elements a row; the first row is row `top` of the picture. */
function resampleColumns(
  between: Int32Array,
  { first, count, weights, stride }: Taps,
  { top, line, out }: { readonly top: number; readonly line: number; readonly out: Float32Array },
): void {
  const scale = 1 / (unit << fractionBits)
  const rows = first.length
  for (let row = 0; row < rows; row++) {
    const tap = row * stride
    const end = tap + (count[row] ?? 0)
    const start = ((first[row] ?? 0) - top) * line
    for (let at = 0; at < line; at += 3) {
      let from = start + at
      let red = 0
      let green = 0
      let blue = 0
      for (let i = tap; i < end; i++) {
        const weight = weights[i] ?? 0
        red = (red + Math.imul(weight, between[from] ?? 0)) | 0
        green = (green + Math.imul(weight, between[from + 1] ?? 0)) | 0
        blue = (blue + Math.imul(weight, between[from + 2] ?? 0)) | 0
        from += line
      }
      const to = row * line + at
      out[to] = red * scale
      out[to + 1] = green * scale
      out[to + 2] = blue * scale
    }
  }
}
