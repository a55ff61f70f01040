/** Reads the bytes of images in files, tars and tables; files that several images share stay open for the next of them. */
import { type FileHandle, open, readFile, stat } from 'node:fs/promises'
import { DataFault } from '../../../dsl/diagnostics/faults.ts'
import type { ImageBytes } from '../image_facts.ts'
import { createCellReader } from './parquet_cells.ts'
import type { ImageLocation } from './record.ts'

/** Reads images; several may be read in parallel. */
export interface ImageReader {
  /** The bytes of an image, or the path of a large file of one. Throws where the bytes are not there. */
  read(at: ImageLocation): Promise<ImageBytes>
  close(): Promise<void>
}

/** Files that are open at a time: more than are read in parallel. */
const mostOpen = 32

/** Files of images with more bytes are read in parts. */
const largestInMemory = 256 * 2 ** 20

/** Opens a reader; close it in the end. */
export function openImages(): ImageReader {
  const files = new Map<string, Promise<FileHandle>>()
  const cells = createCellReader()

  async function fileOf(path: string): Promise<FileHandle> {
    const known = files.get(path)
    if (known !== undefined) return known
    const [oldest] = files
    if (files.size >= mostOpen && oldest !== undefined) {
      files.delete(oldest[0])
      await (await oldest[1]).close()
    }
    const file = open(path)
    files.set(path, file)
    return file
  }

  return {
    async read(at) {
      switch (at.kind) {
        case 'file':
          return (await stat(at.path)).size > largestInMemory ? at.path : readFile(at.path)
        case 'cell':
          return cells.read(at)
        case 'extent': {
          const bytes = Buffer.allocUnsafe(at.size)
          const { bytesRead } = await (await fileOf(at.path)).read(bytes, 0, at.size, at.offset)
          if (bytesRead < at.size)
            throw new DataFault(`${at.path} ends inside it`, {
              hint: 'get it anew',
              file: at.path,
              byte: at.offset + bytesRead,
            })
          return bytes
        }
      }
    },
    async close() {
      for (const file of files.values()) await (await file).close()
      files.clear()
    },
  }
}
