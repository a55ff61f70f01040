/**
 * TensorBoard event files: records of TensorFlow's `Event`, framed as TFRecords (length, its checksum, data, its
 * checksum). Times are left at zero, so that the same training writes the same bytes.
 */
import { appendFileSync, writeFileSync } from 'node:fs'
import { PbfWriter } from 'pbf'

/** Numbers of one step by tag: `loss/caption`. */
export interface StepScalars {
  readonly step: number
  readonly values: Readonly<Record<string, number>>
}

/** File name that TensorBoard recognises. */
export const eventFileName = 'events.out.tfevents.0.training'

/** An event file that is open for appending. */
export interface EventFile {
  add(scalars: StepScalars): void
  /** Writes all pending records to disk. */
  flush(): void
}

/** Fields of `tensorflow.Event`, `Summary` and `Summary.Value` (event.proto, summary.proto). */
const fields = { step: 2, fileVersion: 3, summary: 5, value: 1, tag: 1, simpleValue: 2 } as const

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

/** CRC-32C (Castagnoli). */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0)
  return (crc ^ 0xffffffff) >>> 0
}

/** Masks a checksum as TFRecord does, because data that contain their own checksum weaken a CRC. */
const maskChecksum = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0

/** Frames data as a TFRecord. */
function frameRecord(data: Uint8Array): Buffer {
  const framed = Buffer.alloc(data.length + 16)
  framed.writeBigUInt64LE(BigInt(data.length))
  framed.writeUInt32LE(maskChecksum(crc32c(framed.subarray(0, 8))), 8)
  framed.set(data, 12)
  framed.writeUInt32LE(maskChecksum(crc32c(data)), 12 + data.length)
  return framed
}

const versionRecord = (): Buffer => {
  const pbf = new PbfWriter()
  pbf.writeStringField(fields.fileVersion, 'brain.Event:2')
  return frameRecord(pbf.finish())
}

function scalarsRecord({ step, values }: StepScalars): Buffer {
  const pbf = new PbfWriter()
  pbf.writeVarintField(fields.step, step)
  const writeValue = ([tag, value]: readonly [string, number], into: PbfWriter): void => {
    into.writeStringField(fields.tag, tag)
    into.writeFloatField(fields.simpleValue, value)
  }
  const writeSummary = (all: typeof values, into: PbfWriter): void => {
    for (const entry of Object.entries(all)) into.writeMessage(fields.value, writeValue, entry)
  }
  pbf.writeMessage(fields.summary, writeSummary, values)
  return frameRecord(pbf.finish())
}

/** Creates a file, replacing an old one. Records are flushed when one is added `flushEvery` milliseconds after the last flush. */
export function openEventFile(path: string, { flushEvery = 1000 }: { readonly flushEvery?: number } = {}): EventFile {
  writeFileSync(path, versionRecord())
  let pending: Buffer[] = []
  let flushed = Date.now()
  const flush = (): void => {
    if (pending.length > 0) appendFileSync(path, Buffer.concat(pending))
    pending = []
    flushed = Date.now()
  }
  return {
    add(scalars) {
      pending.push(scalarsRecord(scalars))
      if (Date.now() - flushed >= flushEvery) flush()
    },
    flush,
  }
}
