/** Compression of the blocks of TIFF files. */
import zlib from 'node:zlib'
import { loadZstd } from '../zstd.ts'

/** Names of compressions, as GDAL calls them. */
const names: Readonly<Record<number, string>> = {
  1: 'none',
  2: 'CCITT RLE',
  3: 'CCITT fax 3',
  4: 'CCITT fax 4',
  5: 'LZW',
  6: 'old JPEG',
  7: 'JPEG',
  8: 'deflate',
  32773: 'PackBits',
  32946: 'deflate',
  34712: 'JPEG 2000',
  34887: 'LERC',
  34925: 'LZMA',
  50000: 'ZSTD',
  50001: 'WebP',
  50002: 'JPEG XL',
}

/** The name of a compression. */
export const compressionName = (compression: number): string => names[compression] ?? `number ${compression}`

const zstd = 50_000

/** Tests if blocks of a compression can be decompressed here. */
export const canDecompress = (compression: number): boolean => [1, 5, 8, 32773, 32946, zstd].includes(compression)

/** Tests if the decoder of plain images lacks a compression. */
export const isBeyondDecoder = (compression: number): boolean =>
  [33003, 33004, 33005, 34712, 34887, 34925, zstd, 50002].includes(compression)

/** Decompresses a block of `length` bytes. */
export type Decompress = (bytes: Uint8Array, length: number) => Uint8Array

/** Loads the decompressor of a compression. */
export async function loadDecompressor(compression: number): Promise<Decompress> {
  switch (compression) {
    case 1:
      return bytes => bytes
    case 5:
      return lzw
    case 8:
    case 32946:
      return (bytes, length) => zlib.inflateSync(bytes, { maxOutputLength: Math.max(length, 64) })
    case 32773:
      return packBits
    case zstd:
      return loadZstd()
    default:
      throw new Error(`Blocks of compression ${compression} cannot be decompressed`)
  }
}

function packBits(bytes: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length)
  let to = 0
  for (let at = 0; at < bytes.length && to < length; ) {
    const code = bytes[at++] ?? 0
    if (code < 128) {
      const run = bytes.subarray(at, at + code + 1).subarray(0, length - to)
      out.set(run, to)
      at += code + 1
      to += run.length
    } else if (code > 128) {
      out.fill(bytes[at++] ?? 0, to, to + 257 - code)
      to += 257 - code
    }
  }
  return out
}

const clearCode = 256
const endCode = 257

/** LZW with codes of 9 to 12 bits, the first bit highest, which grow one code early. */
function lzw(bytes: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length)
  // Each code is the code before it and one byte; its text is written from the end.
  const prefix = new Int16Array(4096)
  const suffix = new Uint8Array(4096)
  const size = new Uint16Array(4096)
  for (let code = 0; code < 256; code++) {
    suffix[code] = code
    size[code] = 1
  }
  let [next, width, before] = [258, 9, -1]
  let [to, buffer, held] = [0, 0, 0]
  const write = (code: number): number => {
    const count = size[code] ?? 0
    let at = to + count
    let rest = code
    for (; at > to; rest = prefix[rest] ?? 0) {
      at -= 1
      if (at < length) out[at] = suffix[rest] ?? 0
    }
    to += count
    return out[to - count] ?? 0
  }
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte
    held += 8
    if (held < width) continue
    held -= width
    const code = (buffer >> held) & ((1 << width) - 1)
    buffer &= (1 << held) - 1
    if (code === endCode || to >= length) break
    if (code === clearCode) {
      next = 258
      width = 9
      before = -1
      continue
    }
    if (before === -1) {
      write(code)
    } else {
      if (code > next || next >= 4096) throw new Error('its LZW codes are damaged')
      prefix[next] = before
      size[next] = (size[before] ?? 0) + 1
      // The text of a code that is not yet known ends with the first byte of the one before it.
      if (code === next) suffix[next] = firstByte(before, prefix, suffix)
      const first = code === next ? (suffix[next] ?? 0) : firstByte(code, prefix, suffix)
      suffix[next] = first
      write(code)
      next += 1
    }
    before = code
    if (next + 1 >= 1 << width && width < 12) width += 1
  }
  return out
}

function firstByte(code: number, prefix: Int16Array, suffix: Uint8Array): number {
  let at = code
  while (at >= 258) at = prefix[at] ?? 0
  return suffix[at] ?? 0
}
