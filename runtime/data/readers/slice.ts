/** A slice of a source: contiguous records of the one list that its reader finds. */
import type { SourceReader } from './record.ts'

/** A slice of a number of slices. */
export interface Slice {
  /** From 0. */
  readonly index: number
  readonly of: number
}

/** A reader of a slice. */
export interface SlicedReader {
  readonly reader: SourceReader
  /** Place of its first record in the whole list. */
  readonly first: number
}

/**
 * Slices a source into parts of equal numbers of records, as near as that goes; each record and each fault is in exactly
 * one. The whole list is found once to count it: no image is read for that.
 */
export async function sliceReader(reader: SourceReader, { index, of }: Slice): Promise<SlicedReader> {
  let records = 0
  for await (const found of reader.find()) if (found.kind === 'record') records += 1
  const first = Math.floor((index * records) / of)
  const end = Math.floor(((index + 1) * records) / of)
  const isLast = index === of - 1

  /** Items that are no records belong to the record after them; items after the last one, to the last slice. */
  async function* find() {
    let place = 0
    for await (const found of reader.find()) {
      if (place >= end && !isLast) return
      if (place >= first) yield found.kind === 'record' ? { ...found, position: place - first + 1 } : found
      if (found.kind === 'record') place += 1
    }
  }
  return { first, reader: { unit: 'images', total: () => end - first, find } }
}
