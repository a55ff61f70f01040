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
import { isRecord, isText, parseJson } from '../../../dsl/values/json.ts'
import { findInvalidByte } from '../../../dsl/values/utf8.ts'
import { loadZstd } from '../zstd.ts'
import { otherFormat } from './other_format.ts'
import { parsePythonJson } from './python_json.ts'

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
  const metadata = await parquetMetadataAsync(table).catch(async cause => {
    const other = otherFormat(new Uint8Array(await table.slice(0, 64)))
    const reason = table.byteLength === 0 ? ': it holds 0 bytes' : other === undefined ? '' : `: it is ${other.name}`
    const hint = other?.hint ?? 'get it anew'
    throw new DataFault(`${path} is no Parquet file or was cut short${reason}`, { hint, file: path, cause })
  })
  const groups = [0]
  for (const { num_rows } of metadata.row_groups) groups.push((groups.at(-1) ?? 0) + Number(num_rows))
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name)
  return { path, rows: Number(metadata.num_rows), columns, groups, table, metadata }
}

/**
 * The names of the classes that a column holds the numbers of, as Hugging Face datasets keep them in the metadata of
 * their tables; undefined where there are none.
 */
export function classNamesOf({ metadata }: ParquetFile, column: string): readonly string[] | undefined {
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value
  const value: unknown = text === undefined ? undefined : parseJson(text)
  const info = isRecord(value) && isRecord(value.info) ? value.info : {}
  const feature = isRecord(info.features) ? info.features[column] : undefined
  const names = isRecord(feature) && feature._type === 'ClassLabel' ? feature.names : undefined
  return Array.isArray(names) && names.every(isText) ? names : undefined
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
  const rows = await parquetReadObjects({
    file: table,
    metadata,
    columns: [...columns],
    rowStart,
    rowEnd,
    compressors: await compressorsOf(metadata),
    parsers,
    utf8: !isBinary,
  }).catch(cause => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new DataFault(`Row group ${group} of ${path} cannot be read: ${reason}`, {
      hint: 'get it anew, or write it with another compression',
      file: path,
      item: `row group ${group}`,
      cause,
    })
  })
  return withDecimals(rows, metadata)
}

/** Rows with decimals of as many digits as their columns have: hyparquet multiplies, and 8507 times 0.01 is 85.07000000000001. */
function withDecimals(rows: readonly Readonly<Record<string, unknown>>[], metadata: FileMetaData) {
  const decimals = parquetSchema(metadata).children.filter(({ element }) => element.converted_type === 'DECIMAL')
  if (decimals.length === 0) return rows
  return rows.map(row => {
    const exact = decimals.flatMap(({ element: { name, scale = 0 } }) => {
      const cell = row[name]
      return typeof cell === 'number' ? [[name, Number(cell.toFixed(scale))]] : []
    })
    return { ...row, ...Object.fromEntries(exact) }
  })
}

/** Marks a cell whose text is not UTF-8. */
const notUtf8 = Symbol('text that is not UTF-8')

/** A cell whose text is not UTF-8, with its first byte that is not: `0xe9`. */
interface InvalidText {
  readonly [notUtf8]: string
}

/** The first byte of a cell, or of one of a list of cells, that is not UTF-8; undefined where all of it is. */
export function invalidByteOf(cell: unknown): string | undefined {
  if (Array.isArray(cell)) return cell.map(invalidByteOf).find(byte => byte !== undefined)
  return typeof cell === 'object' && cell !== null && notUtf8 in cell ? String(cell[notUtf8]) : undefined
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Text is decoded strictly, and JSON may be that of Python. */
const parsers = {
  stringFromBytes(bytes?: Uint8Array): string | InvalidText | undefined {
    try {
      return bytes && utf8.decode(bytes)
    } catch {
      return { [notUtf8]: findInvalidByte(bytes ?? new Uint8Array()).value }
    }
  },
  jsonFromBytes: (bytes?: Uint8Array): unknown => bytes && parsePythonJson(utf8.decode(bytes)),
}

/** The decompressors of a table: Snappy is hyparquet's own, Node's are the fastest, and others are loaded where used. */
async function compressorsOf({ row_groups }: FileMetaData): Promise<Compressors> {
  const codecs = new Set(row_groups.flatMap(({ columns }) => columns.map(column => column.meta_data?.codec)))
  const isLz4 = codecs.has('LZ4') || codecs.has('LZ4_RAW')
  const { LZ4, LZ4_RAW } = isLz4 ? (await import('hyparquet-compressors')).compressors : {}
  return {
    ...(codecs.has('ZSTD') && { ZSTD: await loadZstd() }),
    ...(LZ4 && { LZ4 }),
    ...(LZ4_RAW && { LZ4_RAW }),
    GZIP: input => zlib.gunzipSync(input),
    BROTLI: input => zlib.brotliDecompressSync(input),
  }
}
