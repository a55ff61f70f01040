/**
 * Embeddings of a dataset on disk: `embeddings.npy`, one row an image or caption; `features.npy`, rows of images before
 * the projection; `rows.parquet`, the key, and the caption, of each row; `embeddings.json`, the conditions.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import { embeddedColumns } from '../../dsl/kinds/evaluate/embeddings.ts'
import type { CaptionCleaning } from '../../dsl/recipe.ts'
import { readIndex, readPixels } from '../data/dataset.ts'
import { createMatrix, type Matrix, readMatrix } from '../data/matrix_file.ts'
import { createRecord } from '../data/record_table.ts'
import { type InputFormat, inputFormatOf } from '../model/input_format.ts'
import type { ChosenWeights, LoadedModel } from '../model/model_folder.ts'
import { cleanCaption } from './cleaning.ts'
import { type EmbedOptions, embedBlocks, embedTextBlocks } from './embed.ts'

/** A dataset, or one split of it. */
export interface EmbeddedData {
  readonly folder: string
  readonly split?: string | undefined
}

/** The conditions of embedding, which are recorded with everything that is measured. */
export interface EmbeddingProtocol extends InputFormat {
  readonly weights: ChosenWeights
  /** Of captions. */
  readonly captionCleaning?: CaptionCleaning
}

/** Options of {@link storeImages} and {@link storeCaptions}. */
export interface EmbeddingStorage extends EmbedOptions {
  /** The folder that is written. */
  readonly out: string
  /** The weights that the model was read with. */
  readonly weights: ChosenWeights
}

/** Writes features and embeddings of the images of a dataset in the order of its index, a batch at a time. */
export async function storeImages(
  model: LoadedModel,
  { folder, split }: EmbeddedData,
  { out, weights, ...options }: EmbeddingStorage,
): Promise<{ readonly images: number }> {
  const { imageSize: size, preprocessing, embedDim, featureDim } = model.network
  const samples = await readIndex(folder, split)
  const [images, rows] = [samples.length, samples.length]
  const embeddings = await createMatrix(join(out, 'embeddings.npy'), { rows, columns: embedDim })
  const features = await createMatrix(join(out, 'features.npy'), { rows, columns: featureDim })
  const blocks = readPixels(folder, { split, size, filter: preprocessing.filter })
  for await (const vectors of embedBlocks(model, blocks, { ...options, total: images })) {
    await embeddings.append(vectors.embeddings)
    await features.append(vectors.features)
  }
  await Promise.all([embeddings.close(), features.close()])
  writeRows(
    out,
    samples.map(({ key }) => ({ key })),
  )
  await writeProtocol(out, { weights, ...inputFormatOf(model.network) })
  return { images }
}

/** Writes embeddings of every caption of a dataset, image by image in the order of its index, a batch at a time. */
export async function storeCaptions(
  model: LoadedModel,
  { folder, split }: EmbeddedData,
  { out, weights, cleaning, ...options }: EmbeddingStorage & { readonly cleaning: CaptionCleaning },
): Promise<{ readonly captions: number }> {
  const samples = await readIndex(folder, split)
  const rows = samples.flatMap(({ key, captions }) =>
    captions.map(caption => ({ key, caption: cleanCaption(caption, cleaning) })),
  )
  if (rows.length === 0)
    throw new DataFault(`The ${samples.length} images of '${folder}' have no captions to embed`, {
      hint: 'caption the dataset first',
    })
  const texts = rows.map(({ caption }) => caption)
  const matrix = await createMatrix(join(out, 'embeddings.npy'), {
    rows: rows.length,
    columns: model.network.embedDim,
  })
  for await (const embeddings of embedTextBlocks(model, texts, options)) await matrix.append(embeddings)
  await matrix.close()
  writeRows(out, rows)
  await writeProtocol(out, { weights, captionCleaning: cleaning, ...inputFormatOf(model.network) })
  return { captions: rows.length }
}

function writeRows(out: string, rows: readonly EmbeddedRow[]): void {
  const record = createRecord(join(out, 'rows.parquet'), embeddedColumns)
  for (const { key, caption } of rows) record.add({ key, caption })
  record.close()
}

const writeProtocol = (out: string, protocol: EmbeddingProtocol): Promise<void> =>
  writeFile(join(out, 'embeddings.json'), `${JSON.stringify(protocol, null, 2)}\n`)

/** A row of stored embeddings. */
export interface EmbeddedRow {
  readonly key: string
  /** As the model read it; absent for images. */
  readonly caption?: string
}

/** Reads the rows of stored embeddings, in their order. */
export async function readEmbeddedRows(folder: string): Promise<readonly EmbeddedRow[]> {
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(join(folder, 'rows.parquet')) })
  return rows.map(({ key, caption }) => ({ key: String(key), ...(typeof caption === 'string' && { caption }) }))
}

/** Reads the conditions of embedding. */
export const readEmbeddingProtocol = async (folder: string): Promise<EmbeddingProtocol> =>
  JSON.parse(await readFile(join(folder, 'embeddings.json'), 'utf8'))

/** Options of {@link readEmbeddings}. */
export interface EmbeddingSelection {
  /** Images whose rows are read, by key: all captions of each. */
  readonly of: ReadonlySet<string>
  /** @default 'embeddings' */
  readonly matrix?: 'embeddings' | 'features'
}

/** Reads the stored rows of some images or of their captions, in stored order. */
export async function readEmbeddings(
  folder: string,
  { of, matrix = 'embeddings' }: EmbeddingSelection,
): Promise<Matrix & { readonly chosen: readonly EmbeddedRow[] }> {
  const rows = await readEmbeddedRows(folder)
  const isChosen = ({ key }: EmbeddedRow): boolean => of.has(key)
  const read = await readMatrix(join(folder, `${matrix}.npy`), row => {
    const found = rows[row]
    return found !== undefined && isChosen(found)
  })
  return { ...read, chosen: rows.filter(isChosen) }
}
