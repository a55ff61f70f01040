/** The bytes of images, wherever they lie; files that several images share stay open for the next of them. */
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { createCellReader } from './parquet_cells.ts'
import type { ImageLocation } from './record.ts'

/** Reads images; several may be read side by side. */
export interface ImageReader {
  /** Throws where the bytes are not there. */
  read(at: ImageLocation): Promise<Uint8Array>
  close(): Promise<void>
}

/** Files that are open at a time: more than are read side by side. */
const mostOpen = 32

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
          return readFile(at.path)
        case 'cell':
          return cells.read(at)
        case 'extent': {
          const bytes = Buffer.allocUnsafe(at.size)
          const { bytesRead } = await (await fileOf(at.path)).read(bytes, 0, at.size, at.offset)
          if (bytesRead < at.size) throw new Error(`${at.path} ends inside it; get it anew`)
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
