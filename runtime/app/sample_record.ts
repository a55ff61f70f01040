/** Records of samples as rows: the columns of a Parquet file, its cells as plain values, and rows in any order. */
import { type FileMetaData, parquetSchema } from 'hyparquet'
import type { RecordColumns } from '../../dsl/kinds/records.ts'
import { openParquet, readGroup } from '../data/readers/parquet_file.ts'

/** The value of a cell: null where it is empty. */
export type SampleCell = string | number | boolean | null | readonly unknown[] | { readonly [name: string]: unknown }

/** A row by the names of its columns. */
export interface SampleRow {
  readonly [column: string]: SampleCell
}

/** A column of a record. */
export interface SampleColumn {
  readonly name: string
  /** The type of its cells; `list` is that of cells of several values. */
  readonly type: 'number' | 'boolean' | 'text' | 'list'
}

/** A cell as text: texts of a list are joined by ` | `, other values are JSON; an empty cell is empty. */
export function cellText(cell: SampleCell): string {
  if (cell === null) return ''
  if (typeof cell !== 'object') return String(cell)
  return Array.isArray(cell) && cell.every(item => typeof item === 'string') ? cell.join(' | ') : JSON.stringify(cell)
}

/** A record that is open. */
export interface SampleRecord {
  readonly columns: readonly SampleColumn[]
  /** Number of rows. */
  readonly rows: number
  /** Streams the cells of some columns, in the order of the file. */
  scan(columns: readonly string[]): AsyncGenerator<SampleRow>
  /** Streams the rows of these numbers, in their order. */
  read(numbers: Uint32Array, columns: readonly string[]): AsyncGenerator<SampleRow>
}

/** The names that make cells readable. */
export interface RecordOptions {
  /** Columns as the kind of the stage declares them. */
  readonly declared?: RecordColumns | undefined
  /** The name of the dataset that a cell of an `input` column stands for. */
  inputName(column: string, position: number): string
}

/** Rows in memory at once where they are read in another order than that of the file. */
const chunkRows = 100_000

/** Opens a record. No more than a row group and a chunk of rows are in memory. */
export async function openSampleRecord(
  path: string,
  { declared = {}, inputName }: RecordOptions,
): Promise<SampleRecord> {
  const file = await openParquet(path)
  const isInput = (name: string) => declared[name]?.type === 'input'
  const columns = columnsOf(file.metadata).map(column =>
    isInput(column.name) ? ({ ...column, type: 'text' } as const) : column,
  )
  const toRow = (record: Readonly<Record<string, unknown>>, wanted: readonly string[]): SampleRow => {
    const cells = wanted.map(name => {
      const cell = plainCell(record[name])
      return [name, typeof cell === 'number' && isInput(name) ? inputName(name, cell) : cell] as const
    })
    return Object.fromEntries(cells)
  }
  let held: { readonly group: number; readonly wanted: string; readonly rows: readonly SampleRow[] } | undefined
  async function groupRows(group: number, wanted: readonly string[]): Promise<readonly SampleRow[]> {
    const key = wanted.join()
    if (held?.group === group && held.wanted === key) return held.rows
    held = undefined
    const rows = (await readGroup(file, { group, columns: wanted })).map(record => toRow(record, wanted))
    held = { group, wanted: key, rows }
    return rows
  }
  return {
    columns,
    rows: file.rows,
    async *scan(wanted) {
      for (let group = 0; group < file.groups.length - 1; group++) yield* await groupRows(group, wanted)
    },
    async *read(numbers, wanted) {
      for (let start = 0; start < numbers.length; start += chunkRows) {
        const chunk = numbers.subarray(start, start + chunkRows)
        const places = Uint32Array.from(chunk.keys()).sort((a, b) => (chunk[a] ?? 0) - (chunk[b] ?? 0))
        const rows = new Array<SampleRow>(chunk.length)
        let group = 0
        for (const place of places) {
          const number = chunk[place] ?? 0
          while (number >= (file.groups[group + 1] ?? 0)) group += 1
          const row = (await groupRows(group, wanted))[number - (file.groups[group] ?? 0)]
          if (row !== undefined) rows[place] = row
        }
        yield* rows
      }
    },
  }
}

const numbers: ReadonlySet<string | undefined> = new Set(['INT32', 'INT64', 'FLOAT', 'DOUBLE'])

function columnsOf(metadata: FileMetaData): readonly SampleColumn[] {
  return parquetSchema(metadata).children.map(({ element, children }) => {
    const { name, type, converted_type, logical_type } = element
    const isFloat16 = logical_type?.type === 'FLOAT16'
    const isNested = children.length > 0 || element.repetition_type === 'REPEATED' || converted_type === 'JSON'
    if (isNested) return { name, type: 'list' }
    if (type === 'BOOLEAN') return { name, type: 'boolean' }
    return { name, type: isFloat16 || (numbers.has(type) && !isDate(converted_type)) ? 'number' : 'text' }
  })
}

const isDate = (type: string | undefined): boolean => /^(DATE|TIME|TIMESTAMP)/.test(type ?? '')

/** A cell as a plain value: whole numbers that a number cannot hold, dates and bytes (Base64) are text. */
function plainCell(cell: unknown): SampleCell {
  switch (typeof cell) {
    case 'string':
    case 'number':
    case 'boolean':
      return cell
    case 'bigint':
      return Number.isSafeInteger(Number(cell)) ? Number(cell) : String(cell)
    case 'object':
      if (cell === null) return null
      if (cell instanceof Date) return cell.toISOString()
      if (cell instanceof Uint8Array) return Buffer.from(cell).toString('base64')
      if (Array.isArray(cell)) return cell.map(plainCell)
      if (ArrayBuffer.isView(cell)) return Array.from(cell as unknown as Iterable<number>)
      return Object.fromEntries(Object.entries(cell).map(([name, value]) => [name, plainCell(value)]))
    default:
      return null
  }
}
