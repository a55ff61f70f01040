/** WebDataset tar shards: written with fixed headers, read at offsets. */
import { createWriteStream } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import tar from 'tar-stream'
import { codeOf } from '../store/files.ts'
import { type Extent, shardPath, shardTruncated, shardUnreadable } from './extents.ts'

/** Samples of a full shard. */
const SAMPLES_PER_SHARD = 1000

/** Tar headers and padding come in blocks of this many bytes. */
const BLOCK = 512

/** One file to store. */
export interface ShardFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Place of a sample's files; extents are in the order of the files. */
export interface StoredFiles {
  /** File name inside `shards/`. */
  readonly shard: string
  readonly extents: readonly Extent[]
}

/** Writes samples into `FOLDER/shards/000000.tar` and on. */
export interface ShardWriter {
  /** Stores the files of one sample side by side. */
  add(files: readonly ShardFile[]): Promise<StoredFiles>
  close(): Promise<void>
}

/** Opens a writer of shards. Equal files give equal bytes: modification time 0, mode 644, owner 0. */
export async function createShards(folder: string): Promise<ShardWriter> {
  await mkdir(join(folder, 'shards'), { recursive: true })
  let samples = 0
  let current: OpenShard | undefined
  return {
    async add(files) {
      if (current === undefined || samples % SAMPLES_PER_SHARD === 0) {
        await current?.close()
        current = openShard(folder, `${String(samples / SAMPLES_PER_SHARD).padStart(6, '0')}.tar`)
      }
      samples += 1
      return current.add(files)
    },
    async close() {
      await current?.close()
    },
  }
}

type OpenShard = ShardWriter

function openShard(folder: string, shard: string): OpenShard {
  const pack = tar.pack()
  const written = pipeline(pack, createWriteStream(shardPath(folder, shard)))
  // A failure is thrown at the next await of `written`; this handler prevents an unhandled rejection until then.
  written.catch(() => {})
  /** The first fault of writing: after it, such as on a full disk, the archive only reports that it takes no more. */
  async function firstFault(fault: unknown): Promise<never> {
    pack.destroy()
    const first = await written.then(() => fault).catch((cause: unknown) => cause)
    throw codeOf(first) === 'ERR_STREAM_PREMATURE_CLOSE' ? fault : first
  }
  let position = 0
  return {
    async add(files) {
      const extents: Extent[] = []
      for (const { name, bytes } of files) {
        const header = { name, size: bytes.length, mtime: new Date(0), mode: 0o644 }
        const entry = new Promise<void>((resolve, reject) => {
          pack.entry(header, Buffer.from(bytes), fault => (fault ? reject(fault) : resolve()))
        })
        await Promise.race([entry, written]).catch(firstFault)
        extents.push({ offset: position + BLOCK, size: bytes.length })
        position += BLOCK + Math.ceil(bytes.length / BLOCK) * BLOCK
      }
      return { shard, extents }
    },
    async close() {
      pack.finalize()
      await written
    },
  }
}

/** Reads parts of shards; keeps one shard open at a time, so reading in stored order is cheap. */
export interface ShardReader {
  /** Bytes of one file. Throws an error that names shard and sample where the shard is missing or too short. */
  read(shard: string, extent: Extent, key: string): Promise<Uint8Array>
  close(): Promise<void>
}

/** Opens a reader of the shards of a dataset folder. */
export function openShards(folder: string): ShardReader {
  let current: { readonly shard: string; readonly file: FileHandle } | undefined
  const openFile = async (shard: string, key: string): Promise<FileHandle> => {
    if (current?.shard === shard) return current.file
    await current?.file.close()
    current = undefined
    const file = await open(shardPath(folder, shard)).catch(cause => {
      throw shardUnreadable({ folder, shard, key, cause })
    })
    current = { shard, file }
    return file
  }
  return {
    async read(shard, { offset, size }, key) {
      const file = await openFile(shard, key)
      const bytes = Buffer.alloc(size)
      const { bytesRead } = await file.read(bytes, 0, size, offset)
      if (bytesRead === size) return bytes
      throw shardTruncated({ folder, shard, key, bytesRead, offset, size })
    },
    async close() {
      await current?.file.close()
    },
  }
}
