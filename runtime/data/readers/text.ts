/** Text files as their writers encode them: UTF-8, or UTF-16 with its byte order mark. */
import { DataFault } from '../../../dsl/diagnostics/faults.ts'
import { decodeUtf8, findInvalidByte } from '../../../dsl/values/utf8.ts'

/**
 * Decodes a text without its byte order mark. Throws a fault with the byte and its line where it is neither UTF-8 nor
 * marked as UTF-16, or holds NUL characters; `name` is the name of the file in messages.
 */
export function decodeText(bytes: Uint8Array, name: string): string {
  const fail = (reason: string, place: { readonly byte?: number; readonly line: number }): never => {
    throw new DataFault(`${name} ${reason} in line ${place.line}`, { hint: 'save it as UTF-8', file: name, ...place })
  }
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  const text = isUtf16 ? decodeUtf16(bytes) : decodeUtf8(bytes)
  if (text === undefined) {
    if (isUtf16) return fail('is marked as UTF-16 and is none', { line: 1 })
    const { byte, line, value } = findInvalidByte(bytes)
    return fail(`is not UTF-8: byte ${value}`, { byte, line })
  }
  const nul = text.indexOf('\0')
  if (nul < 0) return text
  return fail('holds a NUL character, as other encodings than UTF-8 have,', {
    line: text.slice(0, nul).split('\n').length,
  })
}

/** UTF-16 text with its byte order mark, as spreadsheets save it; undefined where it is damaged. */
function decodeUtf16(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(bytes[0] === 0xff ? 'utf-16le' : 'utf-16be', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
