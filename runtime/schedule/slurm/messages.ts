/** The messages of a job while it runs: lines that the node appends and the controller follows. */
import { open } from 'node:fs/promises'
import { isRecord, isText, parseJson } from '../../../dsl/values/json.ts'
import { codeOf } from '../../store/files.ts'
import type { StageFault } from '../fault.ts'
import { isClassified } from '../fault_report.ts'
import { type Message, parseMessage } from '../protocol.ts'

/** The first line of an attempt: a job that was requeued has several. */
export interface AttemptStart {
  readonly kind: 'began'
  readonly host: string
  readonly pid: number
}

/** A line of a job. */
export type JobLine = AttemptStart | Message

/** The last message of a job; a job that was killed has none. */
export type JobEnd =
  | { readonly kind: 'done'; readonly cached: boolean; readonly peakMemory: number }
  | { readonly kind: 'fault'; readonly fault: StageFault; readonly peakMemory: number }
  /** Slurm asked it to stop. The reason is in the state of the job. */
  | { readonly kind: 'stopped' }

const isBegan = (value: unknown): value is AttemptStart =>
  isRecord(value) && value.kind === 'began' && isText(value.host) && typeof value.pid === 'number'

/** Reads a line; `undefined` if it is none, such as one that a kill has torn. */
export function parseJobLine(line: string): JobLine | undefined {
  const value = parseJson(line)
  return isBegan(value) ? value : parseMessage(line)
}

const isFault = (value: unknown): boolean =>
  isRecord(value) &&
  isClassified(value) &&
  [value.text, value.doing, value.log].every(isText) &&
  Array.isArray(value.lastLines)

function isEnd(value: unknown): value is JobEnd {
  if (!isRecord(value)) return false
  switch (value.kind) {
    case 'done':
      return typeof value.cached === 'boolean' && typeof value.peakMemory === 'number'
    case 'fault':
      return isFault(value.fault) && typeof value.peakMemory === 'number'
    default:
      return value.kind === 'stopped'
  }
}

/** Reads a last message; `undefined` if the text is none. Faults of earlier versions have no class. */
export function parseEnd(text: string): JobEnd | undefined {
  const read = parseJson(text)
  const value = isRecord(read) && isRecord(read.fault) ? { ...read, fault: { class: 'user', ...read.fault } } : read
  return isEnd(value) ? value : undefined
}

/**
 * Follows a file that grows: each call returns the whole lines since the last. A file that is not there yet has none.
 * Opening it each time makes a network file system look again.
 */
export function followLines(path: string): () => Promise<readonly string[]> {
  let offset = 0
  return async () => {
    const handle = await open(path).catch(error => {
      if (codeOf(error) !== 'ENOENT') throw error
    })
    if (handle === undefined) return []
    try {
      const { size } = await handle.stat()
      const bytes = Buffer.alloc(Math.max(0, size - offset))
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, offset)
      const whole = bytes.subarray(0, bytesRead).lastIndexOf(10) + 1
      offset += whole
      return bytes.toString('utf8', 0, whole).split('\n').slice(0, -1)
    } finally {
      await handle.close()
    }
  }
}
