/** Resampling of pictures by a named filter: separable, as wide as what it shrinks, so that nothing aliases. */

/** How pixels are weighted when a picture changes its size. */
export type FilterName = 'bilinear' | 'bicubic' | 'lanczos3'

interface Filter {
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

const filters: Readonly<Record<FilterName, Filter>> = {
  bilinear: { radius: 1, weight: distance => Math.max(0, 1 - Math.abs(distance)) },
  bicubic: { radius: 2, weight: cubic },
  lanczos3: { radius: 3, weight: distance => (Math.abs(distance) < 3 ? sinc(distance) * sinc(distance / 3) : 0) },
}

/** Pixels of 8 bits a channel, row-major and interleaved; channels beyond the third are left out. */
export interface Picture {
  readonly data: Uint8Array | Uint8ClampedArray
  readonly width: number
  readonly height: number
  readonly channels: 3 | 4
}

/** The names of filters. */
export const filterNames: readonly FilterName[] = ['bilinear', 'bicubic', 'lanczos3']

/** A part of a picture, in pixels; its edges need not be whole. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** What each position of the result takes along one axis. */
export interface Taps {
  /** First pixel of each position. */
  readonly first: Int32Array
  /** Pixels of each position. */
  readonly count: Int32Array
  /** `stride` for each position; they add up to 1. */
  readonly weights: Float32Array
  readonly stride: number
}

/** How one axis is resampled: `size` positions over `length` from `start` on, of `source` pixels. */
export interface Axis {
  readonly source: number
  readonly start: number
  readonly length: number
  readonly size: number
}

/** Weights along an axis; pixels around the box count where the picture has them, as in PIL's `resize(box=...)`. */
export function tapsOf({ source, start, length, size }: Axis, name: FilterName): Taps {
  const { radius, weight } = filters[name]
  const step = length / size
  const scale = Math.max(step, 1)
  const reach = radius * scale
  const stride = Math.ceil(2 * reach) + 1
  const first = new Int32Array(size)
  const count = new Int32Array(size)
  const weights = new Float32Array(size * stride)
  for (let i = 0; i < size; i++) {
    const centre = start + (i + 0.5) * step
    const low = Math.max(0, Math.floor(centre - reach + 0.5))
    const high = Math.min(source, Math.floor(centre + reach + 0.5))
    let sum = 0
    for (let at = low; at < high; at++) sum += weight((at + 0.5 - centre) / scale)
    for (let at = low; at < high; at++) weights[i * stride + at - low] = weight((at + 0.5 - centre) / scale) / sum
    first[i] = low
    count[i] = high - low
  }
  return { first, count, weights, stride }
}

/** A resampler keeps the memory of its passes from call to call. */
export type Resampler = (picture: Picture, across: Taps, down: Taps) => Float32Array

/**
 * Makes a resampler: a picture and the taps of both axes -> RGB floats [rows, columns, 3] around 0..255, not rounded.
 * What a call returns is overwritten by the next.
 */
export function createResampler(): Resampler {
  let between = new Float32Array(0)
  let out = new Float32Array(0)
  return ({ data, width, channels }, across, down) => {
    const columns = across.first.length
    const rows = down.first.length
    const top = down.first[0] ?? 0
    const bottom = (down.first[rows - 1] ?? 0) + (down.count[rows - 1] ?? 0)
    const line = columns * 3
    if (between.length < (bottom - top) * line) between = new Float32Array((bottom - top) * line)
    if (out.length !== rows * line) out = new Float32Array(rows * line)
    for (let row = top; row < bottom; row++) {
      let to = (row - top) * line
      for (let column = 0; column < columns; column++) {
        const count = across.count[column] ?? 0
        let tap = column * across.stride
        let from = (row * width + (across.first[column] ?? 0)) * channels
        let [red, green, blue] = [0, 0, 0]
        for (let i = 0; i < count; i++) {
          const weight = across.weights[tap++] ?? 0
          red += weight * (data[from] ?? 0)
          green += weight * (data[from + 1] ?? 0)
          blue += weight * (data[from + 2] ?? 0)
          from += channels
        }
        between[to++] = red
        between[to++] = green
        between[to++] = blue
      }
    }
    for (let row = 0; row < rows; row++) {
      const count = down.count[row] ?? 0
      const firstTap = row * down.stride
      const start = ((down.first[row] ?? 0) - top) * line
      for (let at = 0; at < line; at++) {
        let sum = 0
        let from = start + at
        for (let i = 0; i < count; i++) {
          sum += (down.weights[firstTap + i] ?? 0) * (between[from] ?? 0)
          from += line
        }
        out[row * line + at] = sum
      }
    }
    return out
  }
}
