/**
 * Datasets on disk: WebDataset shards and a Parquet index.
 *
 * `FOLDER/shards/000000.tar` ... hold `KEY.jpg` or `KEY.png`, `KEY.json` and `KEY.MASK.png`; `FOLDER/index.parquet`
 * holds one row a sample. The index decides: membership, captions and splits are read from it alone, so a derived
 * dataset shares its parent's shards and differs in its index.
 */
import { copyFile, link, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { type Extent, shardPath } from './extents.ts'
import { decodeGrey, decodeImage, imageExtension } from './image.ts'
import { type IndexRow, readRows, streamLoadRows, writeRows } from './index_table.ts'
import type { Sample, SampleFiles } from './sample.ts'
import { createShards, openShards } from './shards.ts'

/** Writes a new dataset. */
export interface DatasetWriter {
  /** Stores a sample. Throws where its key is taken or holds other characters than letters, digits, `_` and `-`. */
  add(sample: SampleFiles): Promise<void>
  /** Finishes the last shard and writes the index. Throws where nothing was added, unless it may be empty. */
  close(): Promise<{ readonly samples: number }>
}

/** Opens a writer of a new dataset in `folder`, which is made where needed. */
export async function createDataset(folder: string, { mayBeEmpty = false } = {}): Promise<DatasetWriter> {
  const shards = await createShards(folder)
  const rows = new Map<string, IndexRow>()
  return {
    async add({ image, maskFiles, ...sample }) {
      checkKey(sample, rows)
      const extension = imageExtension(image)
      if (extension === undefined)
        throw new Error(`Image of sample '${sample.key}' is neither JPEG nor PNG; encode it as one`)
      const masks = sample.masks.map(mask => ({
        name: `${sample.key}.${mask}.png`,
        bytes: maskBytes(maskFiles, mask, sample),
      }))
      const { captions, label, facts } = sample
      const json = Buffer.from(JSON.stringify({ captions, label, facts }))
      const files = [
        { name: `${sample.key}.${extension}`, bytes: image },
        { name: `${sample.key}.json`, bytes: json },
        ...masks,
      ]
      const { shard, extents } = await shards.add(files)
      const [imageAt, , ...masksAt] = extents
      if (imageAt === undefined) throw new Error(`Shard ${shard} kept no image of sample '${sample.key}'`)
      rows.set(sample.key, { sample, shard, image: imageAt, masks: masksAt })
    },
    async close() {
      await shards.close()
      if (rows.size === 0 && !mayBeEmpty) throw noSamples(folder)
      await writeRows(folder, [...rows.values()])
      return { samples: rows.size }
    },
  }
}

/** Options of {@link loadPixels} and {@link loadMasks}: the samples to read, and the side of their images. */
export interface PixelOptions {
  /** `train`, `val` or `test`; absent: every sample. */
  readonly split?: string | undefined
  readonly size: number
  /** Filter that images of other sizes are scaled by. Absent: Lanczos-3. */
  readonly filter?: 'lanczos3' | 'cubic'
  /** Reads no more than this many samples, at even steps through the split. */
  readonly atMost?: number
}

/** Images of a dataset in memory. */
export interface PixelBatch {
  /** In the order of the images. */
  readonly samples: readonly Sample[]
  /** `[samples, size, size, 3]`, RGB. */
  readonly pixels: Uint8Array
}

/** Rows of the index in stored order. Throws where the folder holds no dataset or the split no sample. */
export async function readIndex(folder: string, split?: string): Promise<readonly Sample[]> {
  return (await selectRows(folder, split)).map(row => row.sample)
}

/** Streams samples with their files, in index order, one in memory at a time. Throws as {@link readIndex}. */
export async function* readSamples(folder: string, split?: string): AsyncGenerator<SampleFiles> {
  const rows = await selectRows(folder, split)
  const shards = openShards(folder)
  try {
    for (const row of rows) {
      const { sample, shard } = row
      const image = await shards.read(shard, row.image, sample.key)
      const maskFiles: Record<string, Uint8Array> = {}
      for (const [i, extent] of row.masks.entries()) {
        maskFiles[sample.masks[i] ?? ''] = await shards.read(shard, extent, sample.key)
      }
      yield { ...sample, image, maskFiles }
    }
  } finally {
    await shards.close()
  }
}

/**
 * Makes a dataset of some of a parent's samples, with new captions, labels or splits.
 *
 * `rows` keep their keys; their order is the new order. Shards are hard links to the parent's (copies across file
 * systems). Throws on a key that the parent lacks, and where there are no rows.
 */
export async function deriveDataset(parent: string, folder: string, rows: readonly Sample[]): Promise<void> {
  if (rows.length === 0)
    throw new UserFault(`No sample of the dataset in ${parent} is left`, { hint: 'loosen what drops them' })
  const stored = new Map((await readRows(parent)).map(row => [row.sample.key, row]))
  const derived = rows.map(sample => {
    const row = stored.get(sample.key)
    if (row === undefined)
      throw new Error(`Sample '${sample.key}' is not in the dataset in ${parent}; keep the keys of its samples`)
    const masks = sample.masks.map(mask => extentOf(row, mask))
    return { sample, shard: row.shard, image: row.image, masks }
  })
  await mkdir(join(folder, 'shards'), { recursive: true })
  for (const shard of new Set(derived.map(row => row.shard)))
    await linkOrCopy(shardPath(parent, shard), shardPath(folder, shard))
  await writeRows(folder, derived)
}

/** Streams the images of some samples, in the order of the index, a group of its rows in memory at a time. */
export async function* readImagesOf(
  folder: string,
  keys: ReadonlySet<string>,
): AsyncGenerator<Pick<SampleFiles, 'key' | 'image'>> {
  const shards = openShards(folder)
  try {
    for await (const rows of streamLoadRows(folder))
      for (const { key, shard, image } of rows)
        if (keys.has(key)) yield { key, image: await shards.read(shard, image, key) }
  } finally {
    await shards.close()
  }
}

const noSamples = (folder: string): UserFault =>
  new UserFault(`No samples were made for ${folder}`, { hint: 'widen the source or check its parameters' })

/** Makes a file the same as another: by a hard link, or a copy across file systems. */
const linkOrCopy = (from: string, to: string): Promise<void> => link(from, to).catch(() => copyFile(from, to))

/** A dataset, or one split of it, that is joined to others. */
export interface JoinedPart {
  readonly folder: string
  readonly split?: string | undefined
  /** The sample as the joined dataset has it. Absent: as it is. */
  readonly change?: (sample: Sample) => Sample
}

/**
 * Makes one dataset of several, whose keys differ, in their order: `shards/PART-SHARD` are hard links to theirs (copies
 * across file systems). Some may be empty; throws where all are.
 */
export async function joinDatasets(parts: readonly JoinedPart[], folder: string): Promise<void> {
  await mkdir(join(folder, 'shards'), { recursive: true })
  const digits = String(parts.length - 1).length
  const rows: IndexRow[] = []
  for (const [index, part] of parts.entries()) {
    const all = await readRows(part.folder, { mayBeEmpty: true })
    const own = part.split === undefined ? all : all.filter(row => row.sample.split === part.split)
    const { change = (sample: Sample) => sample } = part
    const nameOf = (shard: string): string => `${String(index).padStart(digits, '0')}-${shard}`
    for (const shard of new Set(own.map(row => row.shard)))
      await linkOrCopy(shardPath(part.folder, shard), shardPath(folder, nameOf(shard)))
    for (const row of own) rows.push({ ...row, sample: change(row.sample), shard: nameOf(row.shard) })
  }
  if (rows.length === 0) throw noSamples(folder)
  await writeRows(folder, rows)
}

/** Decodes every image of a split; other sizes are scaled. Throws an error that names sample and shard on bad bytes. */
export async function loadPixels(folder: string, options: PixelOptions): Promise<PixelBatch> {
  return decodeRows(folder, atEvenSteps(await selectRows(folder, options.split), options.atMost), options)
}

/** Options of {@link readPixels}. */
export interface PixelStreamOptions extends Omit<PixelOptions, 'atMost'> {
  /** Leaves out the others. */
  readonly only?: (sample: Sample) => boolean
  /** Images at once. @default 256 */
  readonly block?: number
}

/** Decodes the images of a split block by block, in the order of the index. Throws as {@link loadPixels}. */
export async function* readPixels(folder: string, options: PixelStreamOptions): AsyncGenerator<PixelBatch> {
  const { split, only = () => true, block = 256 } = options
  const rows = (await selectRows(folder, split)).filter(row => only(row.sample))
  for (let start = 0; start < rows.length; start += block)
    yield await decodeRows(folder, rows.slice(start, start + block), options)
}

async function decodeRows(
  folder: string,
  rows: readonly IndexRow[],
  { size, filter }: Pick<PixelOptions, 'size' | 'filter'>,
): Promise<PixelBatch> {
  const pixels = new Uint8Array(rows.length * size * size * 3)
  await forEachFile({ folder, rows, extent: row => row.image }, async (bytes, row, position) => {
    const image = await decodeImage(bytes, { name: nameOf(row), size, ...(filter && { filter }) })
    pixels.set(image.data, position * image.data.length)
  })
  return { samples: rows.map(row => row.sample), pixels }
}

/** Decodes one mask of every sample of a split: `[samples, size, size]`, 0 or 1. Throws where a sample lacks it. */
export async function loadMasks(
  folder: string,
  options: PixelOptions & { readonly name: string },
): Promise<Uint8Array> {
  const { split, size, name, atMost } = options
  const rows = atEvenSteps(await selectRows(folder, split), atMost)
  const masks = new Uint8Array(rows.length * size * size)
  await forEachFile({ folder, rows, extent: row => extentOf(row, name) }, async (bytes, row, position) => {
    const mask = await decodeGrey(bytes, { name: `${name} mask of ${nameOf(row)}`, size })
    const start = position * mask.data.length
    for (const [i, value] of mask.data.entries()) masks[start + i] = value > 127 ? 1 : 0
  })
  return masks
}

function atEvenSteps(rows: readonly IndexRow[], atMost = rows.length): readonly IndexRow[] {
  if (rows.length <= atMost) return rows
  return Array.from({ length: atMost }, (_, i) => rows[Math.floor((i * rows.length) / atMost)]).filter(
    row => row !== undefined,
  )
}

const nameOf = (row: IndexRow): string => `'${row.sample.key}' in shards/${row.shard}`

/** Pictures decoded side by side: enough to keep a decoder's threads busy, few enough to bound memory. */
const AT_ONCE = 16

/** Files of rows: one extent of each. */
interface RowSelection {
  readonly folder: string
  readonly rows: readonly IndexRow[]
  readonly extent: (row: IndexRow) => Extent
}

async function forEachFile(
  { folder, rows, extent }: RowSelection,
  use: (bytes: Uint8Array, row: IndexRow, position: number) => Promise<void>,
): Promise<void> {
  const shards = openShards(folder)
  try {
    for (let start = 0; start < rows.length; start += AT_ONCE) {
      const batch: { readonly row: IndexRow; readonly bytes: Uint8Array }[] = []
      for (const row of rows.slice(start, start + AT_ONCE)) {
        batch.push({ row, bytes: await shards.read(row.shard, extent(row), row.sample.key) })
      }
      await Promise.all(batch.map(({ row, bytes }, i) => use(bytes, row, start + i)))
    }
  } finally {
    await shards.close()
  }
}

async function selectRows(folder: string, split: string | undefined): Promise<readonly IndexRow[]> {
  const rows = await readRows(folder)
  if (split === undefined) return rows
  const chosen = rows.filter(row => row.sample.split === split)
  if (chosen.length > 0) return chosen
  const splits = [...new Set(rows.map(row => `'${row.sample.split}'`))].sort().join(', ')
  throw new UserFault(`The dataset in ${folder} has no sample in split '${split}'`, {
    hint: `its splits are ${splits}`,
  })
}

function extentOf(row: IndexRow, mask: string): Extent {
  const extent = row.masks[row.sample.masks.indexOf(mask)]
  if (extent !== undefined) return extent
  const known = row.sample.masks.map(name => `'${name}'`).join(', ') || 'none'
  throw new UserFault(`Sample ${nameOf(row)} has no mask '${mask}'`, { hint: `its masks: ${known}` })
}

function checkKey({ key }: Sample, taken: ReadonlyMap<string, unknown>): void {
  if (!/^[\w-]{1,64}$/.test(key)) {
    throw new Error(`Sample key '${key}' does not fit a file name; use 1 to 64 letters, digits, '_' and '-'`)
  }
  if (taken.has(key)) throw new Error(`Sample key '${key}' is given twice; number the samples`)
}

function maskBytes(files: SampleFiles['maskFiles'], mask: string, { key }: Sample): Uint8Array {
  const bytes = files[mask]
  if (bytes === undefined)
    throw new Error(`Sample '${key}' names a mask '${mask}' but brings no file of it; add it to maskFiles`)
  return bytes
}
