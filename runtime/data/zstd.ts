/** Decompression of Zstandard, on versions of Node with and without it. */
import zlib from 'node:zlib'

/** Decompresses Zstandard: Node's own where it has it. */
export async function loadZstd(): Promise<(input: Uint8Array) => Uint8Array> {
  if ('zstdDecompressSync' in zlib) return input => zlib.zstdDecompressSync(input)
  const { decompressZstd } = await import('hyparquet-compressors')
  return input => decompressZstd(input)
}
