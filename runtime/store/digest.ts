/** SHA-256 digests in lower-case hexadecimal. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Intervals } from '../../dsl/values/interval.ts'

/** Digest of a text as UTF-8, or of bytes. */
export const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')

/** Digest of a file, streamed: memory does not grow with its size. Rejects with the file system's error. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 18 }), hash)
  return hash.digest('hex')
}

/** A file of a result. */
export interface FileRecord {
  /** Bytes. */
  readonly size: number
  readonly sha256: string
}

/** Metrics of a stage, and their intervals. */
export interface Measured {
  readonly metrics: { readonly [name: string]: number }
  readonly intervals?: Intervals
}

/**
 * Digest of the output of a stage: its files, its metrics and their intervals. Time, engine, summary and pictures' captions are no part
 * of it, so equal outputs have equal digests on every machine.
 */
export function outputDigest(
  files: { readonly [path: string]: FileRecord },
  { metrics, intervals = {} }: Measured,
): string {
  const lines = [
    ...Object.entries(files).map(([path, file]) => `file ${JSON.stringify(path)} ${file.size} ${file.sha256}`),
    ...Object.entries(metrics).map(([name, value]) => `metric ${JSON.stringify(name)} ${value}`),
    ...Object.entries(intervals).map(([name, { low, high }]) => `interval ${JSON.stringify(name)} ${low} ${high}`),
  ]
  return sha256(lines.sort().join('\n'))
}
