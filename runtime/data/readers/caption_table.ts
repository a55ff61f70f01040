/** Tables of images and captions: CSV (RFC 4180), TSV and JSON Lines. */
import { DataFault, UserFault } from '../../../dsl/diagnostics/faults.ts'
import { isRecord } from '../../../dsl/values/json.ts'
import { type CorruptItem, corruptItem } from './record.ts'

/** Names of the columns. */
export interface TableColumns {
  readonly image: string
  readonly caption: string
  /** Absent: images have no class. */
  readonly label?: string | undefined
  /** Absent: the table says no splits. */
  readonly split?: string | undefined
}

/** One row, with the line of the file it starts on. */
export interface CaptionRow {
  readonly kind: 'row'
  readonly image: string
  /** None is empty; there may be none where the row has a class. */
  readonly captions: readonly string[]
  /** As written; empty where there is none. */
  readonly label: string
  readonly split: string
  readonly line: number
}

/**
 * Parses a table; columns that are not named are passed over. `name` says the file's name in errors, and its ending
 * (`.csv`, `.tsv`, `.jsonl`) the format. A row that cannot be used is a fault. Throws where the file as a whole cannot be
 * read: another format, no such column, a quote that is never closed.
 */
export function parseCaptionTable(
  text: string,
  name: string,
  columns: TableColumns,
): readonly (CaptionRow | CorruptItem)[] {
  const body = text.replace(/^\ufeff/, '')
  if (name.endsWith('.csv')) return fromRecords(parseCsv(body, name), name, columns)
  if (name.endsWith('.tsv')) return fromRecords(parseTsv(body), name, columns)
  if (name.endsWith('.jsonl')) return fromJsonLines(body, name, columns)
  throw new UserFault(`Captions file '${name}' is neither .csv, .tsv nor .jsonl`, { hint: 'convert it to one of them' })
}

function fromRecords(
  [header, ...records]: readonly TextRecord[],
  name: string,
  columns: TableColumns,
): readonly (CaptionRow | CorruptItem)[] {
  const { caption, ...others } = columns
  // A table of classes needs no captions.
  const hasCaptions = columns.label === undefined || (header?.fields.includes(caption) ?? false)
  const positions = [...Object.values(others), ...(hasCaptions ? [caption] : [])]
    .filter(column => column !== undefined)
    .map((column): readonly [string, number] => {
      const position = header?.fields.indexOf(column) ?? -1
      if (position >= 0) return [column, position]
      const found = header?.fields.join(', ') ?? 'nothing'
      throw new UserFault(`${name} has no column '${column}' in its first line (${found})`, {
        hint: 'name its columns under captions, or add the header image,caption',
      })
    })
  return records.flatMap(({ fields, line }) =>
    toCaptionRow(Object.fromEntries(positions.map(([column, at]) => [column, fields[at]])), columns, { name, line }),
  )
}

function fromJsonLines(text: string, name: string, columns: TableColumns): readonly (CaptionRow | CorruptItem)[] {
  return text.split(/\r?\n/).flatMap((row, i) => {
    if (row.trim() === '') return []
    const where = { name, line: i + 1 }
    try {
      const value: unknown = JSON.parse(row)
      return toCaptionRow(isRecord(value) ? value : {}, columns, where)
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause
      return [
        corruptItem(name, `${name} line ${where.line} is not JSON: ${cause.message}; write one object a line`, where),
      ]
    }
  })
}

/** A row, and a fault for each caption of it that is none. */
function toCaptionRow(
  record: { readonly [column: string]: unknown },
  columns: TableColumns,
  { name, line }: { readonly name: string; readonly line: number },
): readonly (CaptionRow | CorruptItem)[] {
  const textOf = (column: string | undefined): string => {
    const value = column === undefined ? undefined : record[column]
    return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : ''
  }
  const image = record[columns.image]
  const wrong = (reason: string, column: string): CorruptItem =>
    corruptItem(name, `${name} line ${line} ${reason}`, { line, column })
  if (typeof image !== 'string' || image === '')
    return [wrong(`names no image; fill in '${columns.image}'`, columns.image)]
  const given = record[columns.caption]
  const cells: readonly unknown[] = Array.isArray(given) ? given : [given]
  const captions = cells.flatMap(cell => (typeof cell === 'string' && cell.trim() !== '' ? [cell.trim()] : []))
  const label = textOf(columns.label)
  const row: CaptionRow = { kind: 'row', image, captions, label, split: textOf(columns.split), line }
  // A class says something of an image that has no caption.
  if (captions.length === 0 && label !== '') return [row]
  const faults = cells.slice(captions.length).map(() => {
    return wrong(`has no caption for '${image}'; fill in '${columns.caption}'`, columns.caption)
  })
  return captions.length === 0 ? faults : [row, ...faults]
}

interface TextRecord {
  readonly fields: readonly string[]
  /** Of its first character, from 1. */
  readonly line: number
}

/** Fields end at tabs and are taken as they are: TSV has no quotes. Blank lines are passed over. */
const parseTsv = (text: string): readonly TextRecord[] =>
  text.split(/\r?\n/).flatMap((row, i) => (row.trim() === '' ? [] : [{ fields: row.split('\t'), line: i + 1 }]))

/** Fields may be quoted; a quoted field may hold commas, line breaks and doubled quotes. Blank lines are passed over. */
export function parseCsv(text: string, name: string): readonly TextRecord[] {
  const records: TextRecord[] = []
  // A field, quoted or plain, and what ends it.
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y
  let line = 1
  while (field.lastIndex < text.length) {
    const fields: string[] = []
    const start = line
    for (let end = ','; end === ','; ) {
      const match = field.exec(text)
      if (match === null) {
        throw new DataFault(`${name} line ${line} has a stray or unclosed quote`, {
          hint: 'quote whole fields and double inner quotes',
          file: name,
          line,
        })
      }
      const [whole, quoted, plain, ending = ''] = match
      fields.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
      line += whole.match(/\r\n|\n|\r/g)?.length ?? 0
      end = ending
    }
    if (fields.length > 1 || fields[0] !== '') records.push({ fields, line: start })
  }
  return records
}
