/** Stage `parquet`: Parquet tables with a row for each image. */
import { openTables, type RowImages } from '../../data/readers/parquet.ts'
import type { StageContext, StageResult } from '../context.ts'
import { storeSource } from './store_source.ts'

/**
 * Reads the tables in their order and writes them as a dataset. Metrics as {@link storeSource}, and `undownloaded` (rows
 * whose status says that there is no image).
 */
export async function run(context: StageContext<'parquet'>): Promise<StageResult> {
  const { params, files } = context
  const { absent, ...result } = await storeSource(
    context,
    openTables({
      tables: files.tables,
      images: imagesOf(context),
      caption: params.caption,
      label: params.label,
      split: params.split,
      classNames: params.class_names,
      seed: params.seed,
    }),
  )
  return { ...result, metrics: { ...result.metrics, undownloaded: absent } }
}

function imagesOf({ params: { image }, files }: StageContext<'parquet'>): RowImages {
  switch (image.kind) {
    case 'tar':
      return { kind: 'tar', tars: files.tars ?? [] }
    case 'bytes':
      return image
    case 'paths':
      return { ...image, folder: files.images ?? '' }
  }
}
