/** Reads the index of a dataset into memory that threads share. */
import { DataFault, UserFault } from '../../dsl/diagnostics/faults.ts'
import { emptyDataset, streamLoadRows } from './index_table.ts'
import { blockRows, type IndexBlock, type PackedIndex, type PackedTexts } from './packed_index.ts'

/** A typed array over shared memory with the elements of a list. */
function toShared<T extends Uint32Array | Float64Array>(
  type: { new (buffer: SharedArrayBuffer): T; readonly BYTES_PER_ELEMENT: number },
  values: readonly number[],
): T {
  const array = new type(new SharedArrayBuffer(values.length * type.BYTES_PER_ELEMENT))
  array.set(values)
  return array
}

function packTexts(texts: readonly string[]): PackedTexts {
  const all = Buffer.from(texts.join(''), 'utf8')
  const bytes = new Uint8Array(new SharedArrayBuffer(all.length))
  bytes.set(all)
  let end = 0
  const ends = texts.map(text => {
    end += Buffer.byteLength(text)
    return end
  })
  return { bytes, ends: toShared(Uint32Array, ends) }
}

/** Rows that wait for their block to be full. */
interface PendingRows {
  readonly shard: number[]
  readonly offset: number[]
  readonly size: number[]
  readonly keys: string[]
  readonly captions: string[]
}

const emptyRows = (): PendingRows => ({ shard: [], offset: [], size: [], keys: [], captions: [] })

const packRows = ({ shard, offset, size, keys, captions }: PendingRows): IndexBlock => ({
  shard: toShared(Uint32Array, shard),
  offset: toShared(Float64Array, offset),
  size: toShared(Uint32Array, size),
  keys: packTexts(keys),
  captions: packTexts(captions),
})

/**
 * Reads the rows of a split, or all, in stored order, a group of rows in memory at a time. A sample without captions is
 * an error that names it; a split that is not there is one that names those that are.
 */
export async function readPackedIndex(folder: string, split?: string): Promise<PackedIndex> {
  const blocks: IndexBlock[] = []
  const numbers = new Map<string, number>()
  const splits = new Set<string>()
  let samples = 0
  let gathered = emptyRows()
  for await (const rows of streamLoadRows(folder)) {
    for (const row of rows) {
      splits.add(row.split)
      if (split !== undefined && row.split !== split) continue
      if (row.captions.length === 0)
        throw new DataFault(`Sample '${row.key}' in '${folder}' has no caption to train on`, {
          hint: 'caption the dataset or filter the sample out',
          file: folder,
          item: row.key,
        })
      const shard = numbers.get(row.shard) ?? numbers.size
      numbers.set(row.shard, shard)
      gathered.shard.push(shard)
      gathered.offset.push(row.image.offset)
      gathered.size.push(row.image.size)
      gathered.keys.push(row.key)
      gathered.captions.push(JSON.stringify(row.captions))
      samples += 1
      if (gathered.keys.length < blockRows) continue
      blocks.push(packRows(gathered))
      gathered = emptyRows()
    }
  }
  if (gathered.keys.length > 0) blocks.push(packRows(gathered))
  if (samples > 0) return { folder, samples, shards: [...numbers.keys()], blocks }
  if (split === undefined) throw emptyDataset(folder)
  const known = [...splits].map(name => `'${name}'`).sort()
  throw new UserFault(`The dataset in ${folder} has no sample in split '${split}'`, {
    hint: `its splits are ${known.join(', ')}`,
  })
}
