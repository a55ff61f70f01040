/** Stage `folder`: a user's own images with a table of captions or in class folders. */
import { type FolderOptions, openFolder } from '../data/readers/folder.ts'
import { type Params, readNumber, readParams, readText } from './params.ts'
import { externalOf, readClassNames, readSplit, storeSource } from './source.ts'
import type { StageContext, StageResult } from './stage.ts'

/** Reads the folder and writes it as a dataset. Metrics as {@link storeSource}. */
export async function run(context: StageContext): Promise<StageResult> {
  const { params, externals } = context
  const { images } = params
  const { absent: _, ...result } = await storeSource(
    context,
    openFolder({
      folder: externalOf(externals, readText(params, 'path')),
      images: typeof images === 'string' ? externalOf(externals, images) : undefined,
      table: tableOf(params),
      split: readSplit(params, ['folders', 'column']),
      classNames: readClassNames(params),
      seed: readNumber(params, 'seed'),
    }),
  )
  return result
}

/** A table that is named alone has the columns that are usual. */
function tableOf(params: Params): FolderOptions['table'] {
  const { captions = null } = params
  if (captions === null) return undefined
  if (typeof captions === 'string') return { file: captions, image: 'image', caption: 'caption', split: 'split' }
  const table = readParams(params, 'captions')
  const { label } = table
  return {
    file: readText(table, 'file'),
    image: readText(table, 'image'),
    caption: readText(table, 'caption'),
    label: typeof label === 'string' ? label : undefined,
    split: readText(table, 'split'),
  }
}
