/** Extents of files in shards, and reading them. Threads start with this file, so that it imports little. */
import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { DataFault } from '../../dsl/diagnostics/faults.ts'

/** Place of a file in its shard, in bytes. */
export interface Extent {
  readonly offset: number
  readonly size: number
}

/** Path of a shard. */
export const shardPath = (folder: string, shard: string): string => join(folder, 'shards', shard)

interface ShardPlace {
  readonly folder: string
  readonly shard: string
  readonly key: string
}

/** The error of a shard that cannot be opened. */
export const shardUnreadable = ({ folder, shard, key, cause }: ShardPlace & { readonly cause: unknown }): DataFault =>
  new DataFault(`Shard shards/${shard} of sample '${key}' cannot be opened in ${folder}`, {
    hint: 'make the dataset again',
    file: shardPath(folder, shard),
    item: key,
    cause,
  })

/** The error of a shard that ends too early. */
export const shardTruncated = ({
  folder,
  shard,
  key,
  bytesRead,
  offset,
  size,
}: ShardPlace & Extent & { readonly bytesRead: number }): DataFault =>
  new DataFault(
    `Shard shards/${shard} ends inside sample '${key}' (${bytesRead} of ${size} bytes at ${offset}) in ${folder}`,
    { hint: 'make the dataset again', file: shardPath(folder, shard), item: key, byte: offset + bytesRead },
  )

/** Reads parts of shards in any order, blocking; for threads that have nothing else to do. */
export interface ExtentReader {
  /** Bytes of one file, overwritten by the next call. Throws an error that names shard and sample where the shard is missing or too short. */
  read(shard: string, extent: Extent, key: string): Uint8Array
}

/** Most shards that are open at a time. */
const openAtOnce = 64

/** Opens a reader of the shards of a dataset folder, of which it keeps some open. */
export function openExtents(folder: string): ExtentReader {
  // A Map keeps the order of use: the first entry is the least recently used.
  const files = new Map<string, number>()
  let buffer = Buffer.alloc(2 ** 16)
  const fileOf = (shard: string, key: string): number => {
    const file = files.get(shard) ?? openFile(shard, key)
    files.delete(shard)
    files.set(shard, file)
    const [oldest] = files
    if (files.size > openAtOnce && oldest !== undefined) {
      files.delete(oldest[0])
      closeSync(oldest[1])
    }
    return file
  }
  const openFile = (shard: string, key: string): number => {
    try {
      return openSync(shardPath(folder, shard), 'r')
    } catch (cause) {
      throw shardUnreadable({ folder, shard, key, cause })
    }
  }
  return {
    read(shard, { offset, size }, key) {
      if (buffer.length < size) buffer = Buffer.alloc(2 * size)
      const bytesRead = readSync(fileOf(shard, key), buffer, 0, size, offset)
      if (bytesRead === size) return buffer.subarray(0, size)
      throw shardTruncated({ folder, shard, key, bytesRead, offset, size })
    },
  }
}
