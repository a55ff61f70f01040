/** Parquet tables of other tools: their columns, and rows of some of them. */
import zlib from 'node:zlib'
import {
  asyncBufferFromFile,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet'
import { DataFault, UserFault } from '../../../dsl/diagnostics/faults.ts'

type TableBuffer = Awaited<ReturnType<typeof asyncBufferFromFile>>

/** A table that is open. */
export interface ParquetFile {
  readonly path: string
  readonly rows: number
  readonly columns: readonly string[]
  /** First row of each row group, and the end. */
  readonly groups: readonly number[]
  readonly table: TableBuffer
  readonly metadata: FileMetaData
}

/** Row groups are unpacked as a whole; larger ones than this are not. */
const largestGroup = 512 * 2 ** 20

/** Opens a table by its footer. Throws where it is none. */
export async function openParquet(path: string): Promise<ParquetFile> {
  const table = await asyncBufferFromFile(path).catch(cause => {
    throw new UserFault(`Table ${path} cannot be opened`, { hint: 'check the files of the source', cause })
  })
  const metadata = await parquetMetadataAsync(table).catch(cause => {
    throw new DataFault(`${path} is no Parquet file or was cut short`, { hint: 'get it anew', file: path, cause })
  })
  const groups = [0]
  for (const { num_rows } of metadata.row_groups) groups.push((groups.at(-1) ?? 0) + Number(num_rows))
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name)
  return { path, rows: Number(metadata.num_rows), columns, groups, table, metadata }
}

/** The rows of one group, with some columns. Bytes stay bytes where `isBinary`. Throws where they cannot be unpacked. */
export async function readGroup(
  { path, table, metadata, groups }: ParquetFile,
  {
    group,
    columns,
    isBinary = false,
  }: { readonly group: number; readonly columns: readonly string[]; readonly isBinary?: boolean },
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const [rowStart = 0, rowEnd = 0] = [groups[group], groups[group + 1]]
  const chunks = metadata.row_groups[group]?.columns ?? []
  const bytes = chunks
    .filter(({ meta_data }) => columns.includes(meta_data?.path_in_schema[0] ?? ''))
    .reduce((sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size ?? 0), 0)
  if (bytes > largestGroup) {
    const size = `${Math.round(bytes / 2 ** 20)} MiB`
    throw new DataFault(`Row group ${group} of ${path} holds ${size}`, {
      hint: `write the table with row groups of at most ${largestGroup / 2 ** 20} MiB`,
      file: path,
      item: `row group ${group}`,
    })
  }
  return parquetReadObjects({
    file: table,
    metadata,
    columns: [...columns],
    rowStart,
    rowEnd,
    compressors,
    utf8: !isBinary,
  }).catch(cause => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new DataFault(`Row group ${group} of ${path} cannot be read: ${reason}`, {
      hint: 'get it anew, or write it with snappy, gzip or no compression',
      file: path,
      item: `row group ${group}`,
      cause,
    })
  })
}

/** Snappy is hyparquet's own; Node brings the others. */
const compressors: Compressors = {
  GZIP: input => zlib.gunzipSync(input),
  BROTLI: input => zlib.brotliDecompressSync(input),
  // Node 20 has none of it.
  ...('zstdDecompressSync' in zlib && { ZSTD: (input: Uint8Array) => zlib.zstdDecompressSync(input) }),
}
