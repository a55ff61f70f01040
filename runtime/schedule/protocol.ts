/**
 * The messages between a controller and a worker: one JSON object a line.
 *
 * The job goes in through standard input, which then stays open: its end is the sign for the worker that the controller is
 * gone. Messages come out through a channel of their own (file descriptor 3), so nothing a library prints can
 * corrupt them. Whatever does not parse as a message is treated as a line of the log.
 */
import { isIntervals } from '../../dsl/values/interval.ts'
import { isRecord, isText, parseJson } from '../../dsl/values/json.ts'
import type { AnyContext, Numbers, Progress, StageResult } from '../kinds/context.ts'
import { isExhibit } from '../kinds/exhibit.ts'
import { type FaultReport, isClassified } from './fault_report.ts'

/** File descriptor of a worker's messages. */
export const messageChannel = 3

/** A stage for a worker. */
export interface Job extends Omit<AnyContext, 'report' | 'signal'> {
  readonly kind: string
}

/** A message of a worker. */
export type Message =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'log'; readonly text: string; readonly values?: Numbers }
  | { readonly kind: 'warn'; readonly text: string }
  /** Sent every two seconds, with the largest resident memory so far in bytes. */
  | { readonly kind: 'heartbeat'; readonly peakMemory: number }
  | { readonly kind: 'result'; readonly result: StageResult; readonly peakMemory: number }
  | ErrorMessage

/** The last message of a stage that failed. */
export interface ErrorMessage extends FaultReport {
  readonly kind: 'error'
  readonly stack: string
  /** True if the same may work at another time. */
  readonly transient: boolean
  readonly peakMemory: number
}

const isNumber = (value: unknown): value is number => typeof value === 'number'

/** True for numbers by name; the value comes from another process. */
export const isNumbers = (value: unknown): value is Numbers => isRecord(value) && Object.values(value).every(isNumber)

/** True for the progress of a stage; the value comes from another process. */
export function isProgress(value: unknown): value is Progress {
  if (!isRecord(value)) return false
  return (
    isNumber(value.done) &&
    isNumber(value.total) &&
    isText(value.unit) &&
    ['undefined', 'number'].includes(typeof value.loss)
  )
}

function isResult(value: unknown): value is StageResult {
  if (!isRecord(value) || !isText(value.summary) || !isRecord(value.metrics) || !Array.isArray(value.exhibits))
    return false
  const { metrics, intervals = {}, exhibits } = value
  return isNumbers(metrics) && isIntervals(intervals) && exhibits.every(isExhibit)
}

function isMessage(value: Readonly<Record<string, unknown>>): boolean {
  switch (value.kind) {
    case 'progress':
      return isProgress(value.progress)
    case 'log':
      return isText(value.text) && (value.values === undefined || isNumbers(value.values))
    case 'warn':
      return isText(value.text)
    case 'heartbeat':
      return isNumber(value.peakMemory)
    case 'result':
      return isResult(value.result) && isNumber(value.peakMemory)
    case 'error':
      return (
        isClassified(value) &&
        isText(value.text) &&
        isText(value.stack) &&
        typeof value.transient === 'boolean' &&
        isNumber(value.peakMemory)
      )
    default:
      return false
  }
}

const asMessage = (value: unknown): value is Message => isRecord(value) && isMessage(value)

/** Reads a line of a worker; `undefined` if it is no message. */
export function parseMessage(line: string): Message | undefined {
  const value = parseJson(line)
  return asMessage(value) ? value : undefined
}

const isTable = (value: unknown, holds: (entry: unknown) => boolean): boolean =>
  isRecord(value) && Object.values(value).every(holds)

function isJob(value: unknown): value is Job {
  if (!isRecord(value) || ![value.id, value.kind, value.out, value.checkpoints, value.engine].every(isText))
    return false
  const isFiles = (files: unknown) => isText(files) || (Array.isArray(files) && files.every(isText))
  const isInput = (input: unknown) => isRecord(input) && isText(input.folder)
  return (
    (value.previous === undefined || isText(value.previous)) &&
    isRecord(value.params) &&
    isRecord(value.settings) &&
    isTable(value.inputs, isInput) &&
    isTable(value.files, isFiles)
  )
}

/** Reads the line with a stage for a worker; `undefined` if it is none. */
export function parseJob(line: string): Job | undefined {
  const value = parseJson(line)
  return isJob(value) ? value : undefined
}
