/** Tables of images and captions: CSV, TSV and JSON Lines. */
import { extname } from 'node:path'
import { DataFault, UserFault } from '../../../dsl/diagnostics/faults.ts'
import { isRecord } from '../../../dsl/values/json.ts'
import { readCaptions, readLabel } from './annotations.ts'
import { type Delimiter, parseDelimited, type TextRecord } from './delimited.ts'
import { parsePythonJson } from './python_json.ts'
import { type CorruptItem, corruptItem } from './record.ts'
import { decodeText } from './text.ts'

/** Names of the columns. */
export interface TableColumns {
  readonly image: string
  readonly caption: string
  /** Undefined: images have no class. */
  readonly label?: string | undefined
  /** Undefined: the table says no splits. */
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

/** The caption column of a recipe that names none; only this one may be missing, in a table of classes. */
export const usualCaption = 'caption'

/**
 * Parses a table; columns that are not named are passed over. `name` is the file's name in messages, and its ending
 * (`.csv`, `.tsv`, `.jsonl`) the format. A row that cannot be used is a corrupt item. Throws where the file as a whole
 * cannot be read: another format or encoding, a column that is missing or stands twice, a quote that is never closed.
 */
export function parseCaptionTable(
  bytes: Uint8Array,
  name: string,
  columns: TableColumns,
): readonly (CaptionRow | CorruptItem)[] {
  switch (extname(name).toLowerCase()) {
    case '.csv':
      return fromRecords(parseCsv(decodeText(bytes, name), name, columns), name, columns)
    case '.tsv':
      return fromRecords(parseDelimited(decodeText(bytes, name), { name, delimiter: '\t' }), name, columns)
    case '.jsonl':
      return fromJsonLines(decodeText(bytes, name), name, columns)
  }
  throw new UserFault(`Captions file '${name}' is neither .csv, .tsv nor .jsonl`, { hint: 'convert it to one of them' })
}

/** Spreadsheets of many countries separate the fields of a CSV by semicolons; some name the separator in a first line. */
function parseCsv(text: string, name: string, { image }: TableColumns): readonly TextRecord[] {
  const [first, named] = /^sep=([,;\t])\r?\n/.exec(text) ?? ['']
  const body = text.slice(first.length)
  const parse = (delimiter: Delimiter): readonly TextRecord[] => parseDelimited(body, { name, delimiter })
  if (named === ',' || named === ';' || named === '\t')
    return parse(named).map(record => ({ ...record, line: record.line + 1 }))
  const header = /^[^\r\n]*/.exec(body)?.[0] ?? ''
  const hasImage = (delimiter: Delimiter): boolean =>
    header.split(delimiter).some(field => field === image || field === `"${image}"`)
  const other = hasImage(',') ? undefined : ([';', '\t'] as const).find(hasImage)
  return parse(other ?? ',')
}

/** The field of a source that names a column. */
const placeOf = (columns: TableColumns, column: string): string =>
  `captions.${Object.entries(columns).find(([, name]) => name === column)?.[0] ?? 'file'}`

/** The columns that a table must have. */
const requiredColumns = ({ image, caption, label, split }: TableColumns): readonly string[] =>
  [image, label, split, label === undefined || caption !== usualCaption ? caption : undefined].filter(
    column => column !== undefined,
  )

function fromRecords(
  [header, ...records]: readonly TextRecord[],
  name: string,
  columns: TableColumns,
): readonly (CaptionRow | CorruptItem)[] {
  const names = header?.fields ?? []
  const found = names.join(', ') || 'nothing'
  for (const column of requiredColumns(columns)) {
    if (names.includes(column)) continue
    throw new UserFault(`${name} has no column '${column}' in its first line (${found})`, {
      place: placeOf(columns, column),
      hint: 'name its columns under captions, or add the header image,caption',
    })
  }
  const used = new Set(Object.values(columns))
  const twice = names.find((column, i) => used.has(column) && names.indexOf(column) !== i)
  if (twice !== undefined)
    throw new DataFault(`${name} has the column '${twice}' twice in its first line (${found})`, {
      hint: 'rename or remove one of them',
      file: name,
      item: twice,
      line: header?.line,
    })
  return records.flatMap(({ fields, line }) => {
    // Empty fields at the end hold nothing, as spreadsheets write them beside the columns of the header.
    if (fields.length === names.length || (fields.length > names.length && !fields.slice(names.length).some(Boolean)))
      return toCaptionRows(Object.fromEntries(names.map((column, at) => [column, fields[at]])), columns, { name, line })
    const count = fields.length === 1 ? '1 field' : `${fields.length} fields`
    const advice = fields.length > names.length ? 'quote a field that holds the separator' : 'fill in what is missing'
    return [corruptItem(name, `${name} line ${line} has ${count}, the header has ${names.length}; ${advice}`, { line })]
  })
}

function fromJsonLines(text: string, name: string, columns: TableColumns): readonly (CaptionRow | CorruptItem)[] {
  const fields = new Set<string>()
  const rows = text.split(/\r?\n/).flatMap((row, i): readonly (CaptionRow | CorruptItem)[] => {
    if (row.trim() === '') return []
    const place = { name, line: i + 1 }
    try {
      const value = parsePythonJson(row)
      if (!isRecord(value))
        return [corruptItem(name, `${name} line ${place.line} is no object; write one a line`, place)]
      for (const field of Object.keys(value)) fields.add(field)
      return toCaptionRows(value, columns, place)
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause
      const reason = `${name} line ${place.line} is not JSON: ${cause.message.replace(/ \(line 1\)$/, '')}; write one object a line`
      return [corruptItem(name, reason, place)]
    }
  })
  const missing = requiredColumns(columns).find(column => !fields.has(column))
  if (fields.size === 0 || missing === undefined) return rows
  throw new UserFault(`No line of ${name} has the field '${missing}' (its fields are ${[...fields].join(', ')})`, {
    hint: 'name its fields under captions',
  })
}

/** A row, and a corrupt item for each caption of it that is none. */
function toCaptionRows(
  record: { readonly [column: string]: unknown },
  columns: TableColumns,
  { name, line }: { readonly name: string; readonly line: number },
): readonly (CaptionRow | CorruptItem)[] {
  const cellOf = (column: string | undefined): unknown => (column === undefined ? undefined : record[column])
  const image = record[columns.image]
  const wrong = (reason: string, column: string): CorruptItem =>
    corruptItem(name, `${name} line ${line} ${reason}; fill in '${column}'`, { line, column })
  if (typeof image !== 'string' || image === '') return [wrong('names no image', columns.image)]
  const found = readLabel(cellOf(columns.label))
  if ('fault' in found) return [wrong(found.fault, columns.label ?? '')]
  const { label } = found
  const given = record[columns.caption]
  const { captions, faults } = readCaptions(Array.isArray(given) ? given : [given], label)
  const split = cellOf(columns.split)
  const row: CaptionRow = {
    ...{ kind: 'row', image, captions, label, line },
    split:
      typeof split === 'string' ? split.trim() : split === undefined || split === null ? '' : JSON.stringify(split),
  }
  const others = faults.map(fault => wrong(`${fault} of '${image}'`, columns.caption))
  return captions.length === 0 && label === '' ? others : [row, ...others]
}
