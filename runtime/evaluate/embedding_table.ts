/** Embeddings of a dataset as a Parquet table that other tools read. */
import { fileWriter, ParquetWriter } from 'hyparquet-writer'
import { readIndex, readPixels } from '../data/dataset.ts'
import type { Sample } from '../data/sample.ts'
import type { LoadedModel } from '../model/model_folder.ts'
import { createEmbedder, type EmbedOptions } from './embed.ts'

/** A dataset, or one split of it. */
export interface EmbeddedData {
  readonly folder: string
  readonly split?: string | undefined
}

/** A row: an image, or one of its captions. */
interface EmbeddingRow {
  readonly key: string
  readonly kind: 'image' | 'text'
  readonly caption: string | null
  readonly embedding: readonly number[]
}

const text = (name: string, repetition_type: 'REQUIRED' | 'OPTIONAL') =>
  ({ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type }) as const

/** `key`, `kind`, `caption` (null for images), and `embedding`, a list of floats with unit length. */
const schema = [
  { name: 'root', num_children: 4 },
  text('key', 'REQUIRED'),
  text('kind', 'REQUIRED'),
  text('caption', 'OPTIONAL'),
  { name: 'embedding', repetition_type: 'REQUIRED', num_children: 1, converted_type: 'LIST' },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' },
] as const

/** Options of a table. */
export interface EmbeddingTableOptions extends EmbedOptions {
  readonly file: string
  /**
   * Least rows of a row group, except the last: a compromise between skipping by readers and memory of the writer.
   * @default 10000
   */
  readonly groupRows?: number
}

/**
 * Writes a row for each image of a dataset and each of its captions, in the order of its index. No more than a block of
 * images and a row group are in memory.
 *
 * @returns the number of images and of texts
 */
export async function writeEmbeddings(
  model: LoadedModel,
  { folder, split }: EmbeddedData,
  { file, groupRows = 10_000, onDone, ...options }: EmbeddingTableOptions,
): Promise<{ readonly images: number; readonly texts: number }> {
  const { imageSize: size, preprocessing, embedDim } = model.network
  const total = (await readIndex(folder, split)).length
  const embedder = createEmbedder(model, options)
  const writer = new ParquetWriter({
    writer: fileWriter(file),
    schema: [...schema],
    createdBy: 'terroir',
    statistics: false,
  })
  const counts = { images: 0, texts: 0 }
  let rows: EmbeddingRow[] = []
  const flush = async () => {
    const column = (name: keyof EmbeddingRow) => ({ name, data: rows.map(row => row[name]) })
    const columnData = [column('key'), column('kind'), column('caption'), column('embedding')]
    await writer.write({ columnData, rowGroupSize: groupRows })
    rows = []
  }
  const rowsOf = (found: Float32Array, number: number): readonly number[] =>
    Array.from(found.subarray(number * embedDim, (number + 1) * embedDim))
  try {
    for await (const { samples, pixels } of readPixels(folder, { split, size, filter: preprocessing.filter })) {
      const images = await embedder.images(pixels)
      const captions = samples.flatMap(({ key, captions }: Sample) => captions.map(caption => ({ key, caption })))
      const texts = await embedder.texts(captions.map(({ caption }) => caption))
      let at = 0
      for (const [number, { key, captions }] of samples.entries()) {
        rows.push({ key, kind: 'image', caption: null, embedding: rowsOf(images, number) })
        for (const caption of captions) rows.push({ key, kind: 'text', caption, embedding: rowsOf(texts, at++) })
      }
      counts.images += samples.length
      counts.texts += at
      onDone?.(counts.images, total)
      if (rows.length >= groupRows) await flush()
    }
    if (rows.length > 0) await flush()
    await writer.finish()
  } finally {
    await embedder.dispose()
  }
  return counts
}
