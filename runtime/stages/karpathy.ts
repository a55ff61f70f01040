/** Stage `karpathy`: captions in Karpathy's JSON, images in a folder. */
import { openKarpathy } from '../data/readers/karpathy.ts'
import { readText } from './params.ts'
import { externalOf, readClassNames, storeSource } from './source.ts'
import type { StageContext, StageResult } from './stage.ts'

/** Reads the file and its images and writes them as a dataset. Metrics as {@link storeSource}. */
export async function run(context: StageContext): Promise<StageResult> {
  const { params, externals } = context
  const { absent: _, ...result } = await storeSource(
    context,
    openKarpathy({
      json: externalOf(externals, readText(params, 'json')),
      images: externalOf(externals, readText(params, 'images')),
      classNames: readClassNames(params),
    }),
  )
  return result
}
