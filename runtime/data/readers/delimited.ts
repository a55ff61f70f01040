/** Delimited text: CSV by RFC 4180, and TSV, whose fields may be quoted in the same way. */
import { DataFault } from '../../../dsl/diagnostics/faults.ts'

/** Characters that separate fields. */
export type Delimiter = ',' | ';' | '\t'

/** One record of delimited text. */
export interface TextRecord {
  readonly fields: readonly string[]
  /** Line of its first character, from 1. */
  readonly line: number
}

/**
 * Fields, quoted or plain, and their ends. A field of a TSV that is not quoted as a whole is taken as it is: many writers
 * of TSV quote nothing.
 */
const fieldPatterns: Readonly<Record<Delimiter, RegExp>> = {
  ',': /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y,
  ';': /(?:"([^"]*(?:""[^"]*)*)"|([^";\r\n]*))(;|\r\n|\n|\r|$)/y,
  '\t': /(?:"([^"]*(?:""[^"]*)*)"|([^"\t\r\n][^\t\r\n]*|"[^"\t\r\n]*"[^\t\r\n]*|))(\t|\r\n|\n|\r|$)/y,
}

/**
 * Parses records; a quoted field may hold delimiters, line breaks and doubled quotes. Records without any text are passed
 * over, as spreadsheets write them for empty rows. Throws a fault with the line where a quote is never closed or, in CSV,
 * stands in a field that is not quoted; `name` is the name of the file in it.
 */
export function parseDelimited(
  text: string,
  { name, delimiter }: { readonly name: string; readonly delimiter: Delimiter },
): readonly TextRecord[] {
  const records: TextRecord[] = []
  const pattern = new RegExp(fieldPatterns[delimiter])
  let line = 1
  while (pattern.lastIndex < text.length) {
    const fields: string[] = []
    const start = line
    for (let end: string = delimiter; end === delimiter; ) {
      const match = pattern.exec(text)
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
    if (fields.some(field => field.trim() !== '')) records.push({ fields, line: start })
  }
  return records
}
