/** Text files as their writers encode them: UTF-8, or UTF-16 with its byte order mark. */
import { DataFault } from '../../../dsl/diagnostics/faults.ts'
import { decodeUtf8, findInvalidByte } from '../../../dsl/values/utf8.ts'

/**
 * Decodes a text without its byte order mark. Throws a fault with the byte and its line where it is neither UTF-8 nor
 * marked as UTF-16; `name` is the name of the file in messages.
 */
export function decodeText(bytes: Uint8Array, name: string): string {
  const marked = decodeUtf16(bytes)
  if (marked !== undefined) return marked
  const text = decodeUtf8(bytes)
  if (text === undefined) {
    const { byte, line, value } = findInvalidByte(bytes)
    throw new DataFault(`${name} is not UTF-8: byte ${value} in line ${line}`, {
      hint: 'save it as UTF-8',
      file: name,
      byte,
      line,
    })
  }
  const nul = text.indexOf('\0')
  if (nul >= 0)
    throw new DataFault(`${name} is not UTF-8: it holds NUL characters, as UTF-16 does`, {
      hint: 'save it as UTF-8',
      file: name,
      line: text.slice(0, nul).split('\n').length,
    })
  return text
}

/** UTF-16 text, as spreadsheets save it: marked by its first two bytes. Undefined where there is no mark. */
function decodeUtf16(bytes: Uint8Array): string | undefined {
  const isLittle = bytes[0] === 0xff && bytes[1] === 0xfe
  const isBig = bytes[0] === 0xfe && bytes[1] === 0xff
  if (!isLittle && !isBig) return undefined
  try {
    return new TextDecoder(isLittle ? 'utf-16le' : 'utf-16be', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
