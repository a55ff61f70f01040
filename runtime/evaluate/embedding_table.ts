/** Embeddings of a dataset as a Parquet table that other tools read. */
import { join } from 'node:path'
import { fileWriter, ParquetWriter } from 'hyparquet-writer'
import { readMatrixRows } from '../data/matrix_file.ts'
import { readEmbeddedRows } from './stored_embeddings.ts'

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

/** Folders of stored embeddings. */
export interface TableSources {
  readonly images: string
  /** Absent where no image has a caption. */
  readonly captions?: string | undefined
}

/** Options of a table. */
export interface EmbeddingTableOptions {
  readonly file: string
  /**
   * Least rows of a row group, except the last: a compromise between skipping by readers and memory of the writer.
   * @default 10000
   */
  readonly groupRows?: number
}

/**
 * Writes a row for each image and each of its captions, in the order of the index. Of embeddings, no more than a row group is
 * in memory.
 *
 * @returns the number of images and of texts
 */
export async function writeEmbeddings(
  { images, captions }: TableSources,
  { file, groupRows = 10_000 }: EmbeddingTableOptions,
): Promise<{ readonly images: number; readonly texts: number }> {
  const writer = new ParquetWriter({
    writer: fileWriter(file),
    schema: [...schema],
    createdBy: 'terroir',
    statistics: false,
  })
  let rows: EmbeddingRow[] = []
  const flush = async () => {
    const column = (name: keyof EmbeddingRow) => ({ name, data: rows.map(row => row[name]) })
    const columnData = [column('key'), column('kind'), column('caption'), column('embedding')]
    await writer.write({ columnData, rowGroupSize: groupRows })
    rows = []
  }
  const imageRows = await readEmbeddedRows(images)
  const captionRows = captions === undefined ? [] : await readEmbeddedRows(captions)
  const [ofImages, ofCaptions] = [vectorsIn(images), captions === undefined ? undefined : vectorsIn(captions)]
  let at = 0
  for (const { key } of imageRows) {
    rows.push({ key, kind: 'image', caption: null, embedding: await ofImages.next() })
    for (; ofCaptions && captionRows[at]?.key === key; at++) {
      const embedding = await ofCaptions.next()
      rows.push({ key, kind: 'text', caption: captionRows[at]?.caption ?? null, embedding })
    }
    if (rows.length >= groupRows) await flush()
  }
  if (rows.length > 0) await flush()
  await writer.finish()
  return { images: imageRows.length, texts: at }
}

/** The vectors of stored embeddings, one after another. */
function vectorsIn(folder: string): { next(): Promise<readonly number[]> } {
  const vectors = readMatrixRows(join(folder, 'embeddings.npy'))
  return { next: async () => Array.from((await vectors.next()).value ?? []) }
}
