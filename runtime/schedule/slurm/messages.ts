/** What a job tells while it runs: lines that the node appends, and that the controller follows. */
import { open } from 'node:fs/promises'
import { isRecord, isText, parseJson } from '../../../dsl/values/json.ts'
import { codeOf } from '../../store/files.ts'
import type { StageFault } from '../fault.ts'
import { type Message, parseMessage } from '../protocol.ts'

/** The first line of an attempt: a job that was requeued has several. */
export interface AttemptStart {
  readonly kind: 'began'
  readonly host: string
  readonly pid: number
}

/** A line of a job. */
export type JobLine = AttemptStart | Message

/** The last word of a job; there is none where it was killed. */
export type JobEnd =
  | { readonly kind: 'done'; readonly cached: boolean; readonly peakMemory: number }
  | { readonly kind: 'fault'; readonly fault: StageFault; readonly peakMemory: number }
  /** Slurm asked it to stop. Why is in the state of the job. */
  | { readonly kind: 'stopped' }

const isBegan = (value: unknown): value is AttemptStart =>
  isRecord(value) && value.kind === 'began' && isText(value.host) && typeof value.pid === 'number'

/** Reads a line; `undefined` where it is none, such as one that a kill has torn. */
export function parseJobLine(line: string): JobLine | undefined {
  const value = parseJson(line)
  return isBegan(value) ? value : parseMessage(line)
}

const isFault = (value: unknown): boolean =>
  isRecord(value) && [value.text, value.doing, value.log].every(isText) && Array.isArray(value.lastLines)

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

/** Reads a last word; `undefined` where the text is none. */
export function parseEnd(text: string): JobEnd | undefined {
  const value = parseJson(text)
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
