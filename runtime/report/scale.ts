/** Axes, thinning and smoothing of plotted points. */

/** A linear axis: values to pixels, with ticks at round values. */
export interface Axis {
  readonly from: number
  readonly to: number
  readonly ticks: readonly number[]
  /** Pixel of a value, to a tenth. */
  place(value: number): number
}

/** Ends of an axis in pixels, and its largest number of ticks. */
export interface AxisOptions {
  readonly from: number
  readonly to: number
  readonly most: number
}

/** Makes an axis that holds all values and ends at round ones. */
export function niceAxis(values: readonly number[], { from, to, most }: AxisOptions): Axis {
  const lowest = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY)
  const highest = values.reduce((largest, value) => Math.max(largest, value), Number.NEGATIVE_INFINITY)
  const span = highest > lowest ? highest - lowest : Math.abs(highest) || 1
  const step = niceStep(span / (most - 1))
  const first = Math.floor(lowest / step + 1e-9)
  const last = Math.max(first + 1, Math.ceil(highest / step - 1e-9))
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)))
  const [low = 0, high = 1] = [ticks[0], ticks.at(-1)]
  const place = (value: number) => Math.round(10 * (from + ((value - low) / (high - low)) * (to - from))) / 10
  return { from, to, ticks, place }
}

/** The smallest of 1, 2, 2.5, 5 times a power of ten that is not below the raw step. */
function niceStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw))
  return ([1, 2, 2.5, 5, 10].find(factor => factor * power >= raw * (1 - 1e-9)) ?? 10) * power
}

type Point = readonly [number, number]

/** Series with fewer points than this are plotted as they are. */
const NOISY = 40

/** Mean over a centred window of a twentieth of the points, narrower at the ends; undefined for a short series. */
export function runningMean({
  points,
}: {
  readonly points: readonly Point[]
}): { readonly width: number; readonly points: readonly Point[] } | undefined {
  if (points.length < NOISY) return undefined
  const reach = Math.max(2, Math.round(points.length / 40))
  const smooth = points.map(([x], index): Point => {
    const near = Math.min(reach, index, points.length - 1 - index)
    const window = points.slice(index - near, index + near + 1)
    return [x, window.reduce((sum, point) => sum + point[1], 0) / window.length]
  })
  return { width: 2 * reach + 1, points: smooth }
}

/** At most about 400 points: of each run the lowest and the highest are kept, so that no spike is lost. */
export function thin(points: readonly Point[]): readonly Point[] {
  const run = Math.ceil(points.length / 200)
  if (run <= 2) return points
  const kept: Point[] = []
  for (let start = 0; start < points.length; start += run) {
    const part = points.slice(start, start + run)
    const sorted = part.toSorted((a, b) => a[1] - b[1])
    const ends = new Set([sorted[0], sorted.at(-1)])
    kept.push(...part.filter((point, index) => ends.has(point) || start + index === points.length - 1))
  }
  return kept
}
