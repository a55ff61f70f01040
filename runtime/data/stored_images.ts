/** Images that an earlier result of the same source holds already. */
import { readRows } from './index_table.ts'
import { openShards } from './shards.ts'

/** Stored images by the group of their sample, which is its own. */
export interface StoredImages {
  /** Bytes as they were stored; undefined where there are none. One read at a time, however many are asked for. */
  read(group: string): Promise<Uint8Array | undefined>
  close(): Promise<void>
}

/** Opens the images of a dataset, which may be empty. */
export async function openStoredImages(folder: string): Promise<StoredImages> {
  const rows = new Map((await readRows(folder, { mayBeEmpty: true })).map(row => [row.sample.group, row]))
  const shards = openShards(folder)
  let last: Promise<unknown> = Promise.resolve()
  return {
    async read(group) {
      const row = rows.get(group)
      if (row === undefined) return undefined
      const reading = last.then(() => shards.read(row.shard, row.image, row.sample.key))
      last = reading.catch(() => undefined)
      return reading
    },
    close: () => last.then(() => shards.close()),
  }
}
