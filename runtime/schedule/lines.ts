/** Cuts a stream of bytes into lines. */
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/**
 * Calls `onLine` with every line of a stream, the last one even without its line break. A line longer than `limit`
 * characters is handed over in pieces, so a flood without line breaks cannot fill the memory.
 */
export function readLines(
  stream: Readable,
  onLine: (line: string) => void,
  { limit = 1 << 26 }: { readonly limit?: number } = {},
): void {
  const decoder = new StringDecoder('utf8')
  const parts: string[] = []
  let length = 0
  function finish(): void {
    if (length > 0) onLine(parts.join(''))
    parts.length = 0
    length = 0
  }
  function add(text: string): void {
    parts.push(text)
    length += text.length
    if (length > limit) finish()
  }
  stream.on('data', (chunk: Buffer) => {
    const [first = '', ...rest] = decoder.write(chunk).split('\n')
    add(first)
    for (const piece of rest) {
      finish()
      add(piece)
    }
  })
  stream.on('end', finish)
  stream.on('error', finish)
}
