/** Tables of images and captions: CSV (RFC 4180) and JSON Lines. */
import { isRecord } from '../../dsl/read/json.ts'

/** One row, with the line of the file it starts on. */
export interface CaptionRow {
  readonly image: string
  readonly caption: string
  readonly line: number
}

/**
 * Parses a table with the columns `image` and `caption`; other columns are passed over. `name` says the file's name in
 * errors, and its ending (`.csv`, `.jsonl`) the format. Throws an error with the line of a row that is wrong.
 */
export function parseCaptionTable(text: string, name: string): readonly CaptionRow[] {
  const body = text.replace(/^\ufeff/, '')
  if (name.endsWith('.csv')) return fromCsv(body, name)
  if (name.endsWith('.jsonl')) return fromJsonLines(body, name)
  throw new Error(`Captions file '${name}' is neither .csv nor .jsonl; convert it to one of them`)
}

function fromCsv(text: string, name: string): readonly CaptionRow[] {
  const [header, ...records] = parseCsv(text, name)
  const column = (wanted: string): number => {
    const position = header?.fields.indexOf(wanted) ?? -1
    if (position >= 0) return position
    const found = header?.fields.join(', ') ?? 'nothing'
    throw new Error(`${name} has no column '${wanted}' in its first line (${found}); add the header image,caption`)
  }
  const [image, caption] = [column('image'), column('caption')]
  return records.map(({ fields, line }) => checked({ image: fields[image], caption: fields[caption] }, { name, line }))
}

function fromJsonLines(text: string, name: string): readonly CaptionRow[] {
  return text.split(/\r?\n/).flatMap((row, i) => {
    if (row.trim() === '') return []
    const where = { name, line: i + 1 }
    try {
      const value: unknown = JSON.parse(row)
      return [checked(isRecord(value) ? value : {}, where)]
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause
      throw new Error(`${name} line ${where.line} is not JSON: ${cause.message}; write one object a line`, { cause })
    }
  })
}

function checked(
  { image, caption }: { readonly image?: unknown; readonly caption?: unknown },
  { name, line }: { readonly name: string; readonly line: number },
): CaptionRow {
  if (typeof image !== 'string' || image === '') throw new Error(`${name} line ${line} names no image; fill in 'image'`)
  if (typeof caption !== 'string' || caption.trim() === '') {
    throw new Error(`${name} line ${line} has no caption for '${image}'; fill in 'caption'`)
  }
  return { image, caption: caption.trim(), line }
}

interface CsvRecord {
  readonly fields: readonly string[]
  /** Of its first character, from 1. */
  readonly line: number
}

/** Fields may be quoted; a quoted field may hold commas, line breaks and doubled quotes. Blank lines are passed over. */
export function parseCsv(text: string, name: string): readonly CsvRecord[] {
  const records: CsvRecord[] = []
  // A field, quoted or plain, and what ends it.
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y
  let line = 1
  while (field.lastIndex < text.length) {
    const fields: string[] = []
    const start = line
    for (let end = ','; end === ','; ) {
      const match = field.exec(text)
      if (match === null) {
        throw new Error(
          `${name} line ${line} has a stray or unclosed quote; quote whole fields and double inner quotes`,
        )
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
