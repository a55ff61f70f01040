/** Confidence intervals of metrics. */
import { isRecord } from './json.ts'

/** An interval, in the unit of its metric. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** Intervals by the name of their metric. */
export interface Intervals {
  readonly [metric: string]: Interval
}

/** The confidence level of intervals that nothing else is said of. */
export const usualConfidence = 0.95

/** True for an interval; the value comes from a file or another process. */
export const isInterval = (value: unknown): value is Interval =>
  isRecord(value) && Number.isFinite(value.low) && Number.isFinite(value.high)

/** True for intervals by name; the value comes from a file or another process. */
export const isIntervals = (value: unknown): value is Intervals =>
  isRecord(value) && Object.values(value).every(isInterval)
