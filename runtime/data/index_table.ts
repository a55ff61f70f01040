/** The Parquet index of a dataset: one row a sample, with where its files lie in the shards. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type AsyncBuffer, asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import { isRecord, isText } from '../../dsl/values/json.ts'
import type { Extent } from './extents.ts'
import type { Sample } from './sample.ts'

/** A row of the index. */
export interface IndexRow {
  readonly sample: Sample
  /** File name inside `shards/`. */
  readonly shard: string
  readonly image: Extent
  /** In the order of `sample.masks`. */
  readonly masks: readonly Extent[]
}

const indexPath = (folder: string): string => join(folder, 'index.parquet')

/** Writes the index; equal rows give equal bytes. */
export async function writeRows(folder: string, rows: readonly IndexRow[]): Promise<void> {
  const column = (
    name: string,
    type: NonNullable<ColumnSource['type']>,
    cell: (row: IndexRow) => unknown,
  ): ColumnSource => ({
    name,
    type,
    data: rows.map(row => cell(row) ?? null),
  })
  const columnData = [
    column('key', 'STRING', row => row.sample.key),
    column('split', 'STRING', row => row.sample.split),
    column('captions', 'JSON', row => row.sample.captions),
    column('label', 'STRING', row => row.sample.label),
    column('group', 'STRING', row => row.sample.group),
    column('lon', 'DOUBLE', row => row.sample.lon),
    column('lat', 'DOUBLE', row => row.sample.lat),
    column('ground_km', 'DOUBLE', row => row.sample.groundKm),
    column('overhead', 'BOOLEAN', row => row.sample.overhead),
    column('masks', 'JSON', row => row.sample.masks),
    column('facts', 'JSON', row => row.sample.facts),
    column('shard', 'STRING', row => row.shard),
    column('image_offset', 'INT64', row => BigInt(row.image.offset)),
    column('image_size', 'INT64', row => BigInt(row.image.size)),
    column('mask_extents', 'JSON', row => row.masks.map(({ offset, size }) => [offset, size])),
  ]
  await writeFile(indexPath(folder), Buffer.from(parquetWriteBuffer({ columnData, createdBy: 'terroir' })))
}

/**
 * Reads the index in stored order. Throws an error that names the folder where there is none, or another tool's, and
 * where it has no row, unless it may be empty.
 */
export async function readRows(folder: string, { mayBeEmpty = false } = {}): Promise<readonly IndexRow[]> {
  const records = await openRecords(folder)
  if (records.length === 0 && !mayBeEmpty) throw emptyDataset(folder)
  return records.map((record, number) => toRow(record) ?? noSample(folder, number))
}

/** The columns of a row that a loader reads. */
export interface LoadRow extends Pick<Sample, 'key' | 'split' | 'captions'>, Pick<IndexRow, 'shard' | 'image'> {}

/** Streams the columns that a loader reads, in stored order, a row group in memory at a time. Throws as {@link readRows}. */
export async function* streamLoadRows(folder: string): AsyncGenerator<readonly LoadRow[]> {
  const columns = ['key', 'split', 'captions', 'shard', 'image_offset', 'image_size']
  const file = await openIndex(folder)
  const metadata = await parquetMetadataAsync(file).catch(brokenIn(folder))
  let start = 0
  for (const { num_rows } of metadata.row_groups) {
    const end = start + Number(num_rows)
    const records = await parquetReadObjects({ file, metadata, columns, rowStart: start, rowEnd: end }).catch(
      brokenIn(folder),
    )
    yield records.map((record, number) => toLoadRow(record) ?? noSample(folder, start + number))
    start = end
  }
}

async function openRecords(folder: string): Promise<readonly Record<string, unknown>[]> {
  const file = await openIndex(folder)
  return parquetReadObjects({ file }).catch(brokenIn(folder))
}

/** The fault of a dataset without samples. */
export const emptyDataset = (folder: string): DataFault =>
  new DataFault(`The dataset in ${folder} is empty`, { hint: 'make it again', file: indexPath(folder) })

const openIndex = (folder: string): Promise<AsyncBuffer> =>
  asyncBufferFromFile(indexPath(folder)).catch(cause => {
    throw new DataFault(`No dataset in ${folder}: it has no readable index.parquet`, {
      hint: 'name the folder of a dataset',
      file: indexPath(folder),
      cause,
    })
  })

const brokenIn =
  (folder: string) =>
  (cause: unknown): never => {
    throw new DataFault(`The index.parquet in ${folder} is no Parquet file or was cut short`, {
      hint: 'make the dataset again',
      file: indexPath(folder),
      cause,
    })
  }

function noSample(folder: string, number: number): never {
  throw new DataFault(`Row ${number} of index.parquet in ${folder} does not describe a sample`, {
    hint: 'make the dataset again',
    file: indexPath(folder),
    item: `row ${number}`,
  })
}

function toLoadRow({ key, split, captions, shard, ...extent }: Record<string, unknown>): LoadRow | undefined {
  const image = toExtent([extent.image_offset, extent.image_size])
  if (!isText(key) || !isText(split) || !isTexts(captions) || !isText(shard) || image === undefined) return undefined
  return { key, split, captions, shard, image }
}

function toRow(record: Record<string, unknown>): IndexRow | undefined {
  const { key, split, captions, label, group, lon, lat, ground_km, overhead, masks, facts, shard } = record
  const { image_offset, image_size, mask_extents } = record
  const image = toExtent([image_offset, image_size])
  const extents = Array.isArray(mask_extents) ? mask_extents.map(toExtent) : []
  if (
    !isText(key) ||
    !isText(split) ||
    !isTexts(captions) ||
    !isText(label) ||
    !isText(group) ||
    !isTexts(masks) ||
    !isFacts(facts) ||
    !isText(shard) ||
    image === undefined ||
    !extents.every(extent => extent !== undefined) ||
    extents.length !== masks.length
  ) {
    return undefined
  }
  const sample: Sample = {
    key,
    split,
    captions,
    label,
    group,
    ...(typeof lon === 'number' && { lon }),
    ...(typeof lat === 'number' && { lat }),
    ...(typeof ground_km === 'number' && { groundKm: ground_km }),
    ...(typeof overhead === 'boolean' && { overhead }),
    masks,
    facts,
  }
  return { sample, shard, image, masks: extents }
}

function toExtent(pair: unknown): Extent | undefined {
  if (!Array.isArray(pair)) return undefined
  const [offset, size] = pair.map(Number)
  return Number.isSafeInteger(offset) && Number.isSafeInteger(size) && offset !== undefined && size !== undefined
    ? { offset, size }
    : undefined
}

const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText)

const isFacts = (value: unknown): value is Sample['facts'] =>
  isRecord(value) && Object.values(value).every(fact => isText(fact) || typeof fact === 'number' || isTexts(fact))
