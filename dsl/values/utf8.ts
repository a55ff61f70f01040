/** Text of files: UTF-8, strictly. */

/** The place of a byte that is not UTF-8. */
export interface InvalidByte {
  /** Offset from the start. @unit bytes */
  readonly byte: number
  /** From 1. */
  readonly line: number
  /** The byte, such as `0xe9`. */
  readonly value: string
}

/** Decodes UTF-8 without its byte order mark; undefined where a byte is not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Finds the first byte that is not UTF-8: the longest prefix without a replacement character made by decoding. */
export function findInvalidByte(bytes: Uint8Array): InvalidByte {
  const lossy = new TextDecoder('utf-8').decode(bytes)
  const encoded = new TextEncoder().encode(lossy)
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  const shift = hasMark ? 3 : 0
  let at = 0
  while (at + shift < bytes.length - 1 && encoded[at] === bytes[at + shift]) at++
  const byte = at + shift
  const line = new TextDecoder('utf-8').decode(bytes.subarray(0, byte)).split('\n').length
  return { byte, line, value: `0x${(bytes[byte] ?? 0).toString(16).padStart(2, '0')}` }
}
