/** Stage `karpathy`: captions in Karpathy's JSON, images in a folder. */
import { openKarpathy } from '../../data/readers/karpathy.ts'
import type { StageContext, StageResult } from '../context.ts'
import { storeSource } from './store_source.ts'

/** Reads the file and its images and writes them as a dataset. Metrics as {@link storeSource}. */
export async function run(context: StageContext<'karpathy'>): Promise<StageResult> {
  const { params, files } = context
  const { absent: _, ...result } = await storeSource(
    context,
    openKarpathy({
      json: files.json,
      images: files.images,
      classNames: params.class_names,
    }),
  )
  return result
}
