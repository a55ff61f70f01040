/** Stage `folder`: a user's own images with a table of captions or in class folders. */
import { type FolderOptions, openFolder } from '../../data/readers/folder.ts'
import type { StageContext, StageResult } from '../context.ts'
import { storeSource } from './store_source.ts'

/** Reads the folder and writes it as a dataset. Metrics as {@link storeSource}. */
export async function run(context: StageContext<'folder'>): Promise<StageResult> {
  const { params, files } = context
  const { absent: _, ...result } = await storeSource(
    context,
    openFolder({
      folder: files.path,
      images: files.images,
      table: tableOf(params.captions),
      split: params.split,
      classNames: params.class_names,
      seed: params.seed,
    }),
  )
  return result
}

/** A table that is named alone has the columns that are usual. */
function tableOf(captions: StageContext<'folder'>['params']['captions']): FolderOptions['table'] {
  if (typeof captions === 'string') return { file: captions, image: 'image', caption: 'caption', split: 'split' }
  return captions && { ...captions, label: captions.label }
}
