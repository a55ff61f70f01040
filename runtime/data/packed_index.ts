/**
 * The index of a dataset in memory that threads share: typed arrays in blocks, no object for a sample, so that 10^7
 * samples take about 24 bytes each and the text of their keys and captions.
 */
import type { Extent } from './extents.ts'

/** Texts one after the other. */
export interface PackedTexts {
  readonly bytes: Uint8Array
  /** End of each text in `bytes`. */
  readonly ends: Uint32Array
}

/** Rows of a block. */
export const blockRows = 2 ** 16

/** Some rows of an index. */
export interface IndexBlock {
  /** Position in `shards` of the index. */
  readonly shard: Uint32Array
  readonly offset: Float64Array
  readonly size: Uint32Array
  readonly keys: PackedTexts
  /** Each row's captions as a JSON list. */
  readonly captions: PackedTexts
}

/** An index: all of it may be sent to a thread, which then shares its memory. */
export interface PackedIndex {
  readonly folder: string
  readonly samples: number
  readonly shards: readonly string[]
  readonly blocks: readonly IndexBlock[]
}

/** A row of the index. */
export interface PackedRow {
  readonly key: string
  /** File name inside `shards/`. */
  readonly shard: string
  readonly image: Extent
}

function textAt({ bytes, ends }: PackedTexts, at: number): string {
  const start = at === 0 ? 0 : (ends[at - 1] ?? 0)
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, (ends[at] ?? 0) - start).toString('utf8')
}

function blockAt({ blocks, folder }: PackedIndex, row: number): { readonly block: IndexBlock; readonly at: number } {
  const block = blocks[Math.floor(row / blockRows)]
  const at = row % blockRows
  if (block !== undefined && at < block.size.length) return { block, at }
  throw new Error(`The dataset in ${folder} has no row ${row}`)
}

/** Reads a row of an index. */
export function rowAt(index: PackedIndex, row: number): PackedRow {
  const { block, at } = blockAt(index, row)
  return {
    key: textAt(block.keys, at),
    shard: index.shards[block.shard[at] ?? 0] ?? '',
    image: { offset: block.offset[at] ?? 0, size: block.size[at] ?? 0 },
  }
}

/** The captions of a row: at least one. */
export function captionsAt(index: PackedIndex, row: number): readonly string[] {
  const { block, at } = blockAt(index, row)
  return JSON.parse(textAt(block.captions, at))
}

/** Position in `shards` of each row. */
export function shardNumbers({ blocks, samples }: PackedIndex): Uint32Array {
  const numbers = new Uint32Array(samples)
  for (const [i, { shard }] of blocks.entries()) numbers.set(shard, i * blockRows)
  return numbers
}
