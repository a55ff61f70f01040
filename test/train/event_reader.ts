/** Reads event files by the formats' own words, apart from what writes them: framing, checksums bit by bit, protobuf. */
import { PbfReader } from 'pbf'

export interface ReadEvent {
  readonly version?: string
  readonly step: number
  readonly values: Readonly<Record<string, number>>
}

/** CRC-32C as a division of polynomials, a bit at a time. */
export function slowCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes)
    for (let bit = 0; bit < 8; bit++) {
      const isSet = ((crc ^ (byte >>> bit)) & 1) === 1
      crc = isSet ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
    }
  return ~crc >>> 0
}

/** Undoes the mask of TFRecord. */
function unmasked(value: number): number {
  const rotated = (value - 0xa282ead8) >>> 0
  return ((rotated << 15) | (rotated >>> 17)) >>> 0
}

/** Events of a file; throws where a checksum is wrong or a record is cut. */
export function readEvents(file: Buffer): readonly ReadEvent[] {
  const events: ReadEvent[] = []
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at))
    const data = file.subarray(at + 12, at + 12 + length)
    if (unmasked(file.readUInt32LE(at + 8)) !== slowCrc32c(file.subarray(at, at + 8))) throw new Error('wrong length')
    if (unmasked(file.readUInt32LE(at + 12 + length)) !== slowCrc32c(data)) throw new Error('wrong data')
    events.push(readEvent(data))
    at += length + 16
  }
  return events
}

function readEvent(data: Uint8Array): ReadEvent {
  const event: { version?: string; step: number; values: Record<string, number> } = { step: 0, values: {} }
  new PbfReader(data).readFields((field, into, pbf) => {
    if (field === 2) into.step = pbf.readVarint()
    if (field === 3) into.version = pbf.readString()
    if (field === 5) pbf.readMessage(readSummary, into.values)
  }, event)
  return event
}

function readSummary(field: number, values: Record<string, number>, pbf: PbfReader): void {
  if (field !== 1) return
  const value = { tag: '', number: Number.NaN }
  pbf.readMessage((inner, into, reader) => {
    if (inner === 1) into.tag = reader.readString()
    if (inner === 2) into.number = reader.readFloat()
  }, value)
  values[value.tag] = value.number
}
