/** Stage `webdataset`: tar shards of another tool. */
import { openWebDataset } from '../../data/readers/webdataset.ts'
import type { StageContext, StageResult } from '../context.ts'
import { storeSource } from './store_source.ts'

/** Reads the shards in their order and writes them as a dataset. Metrics as {@link storeSource}. */
export async function run(context: StageContext<'webdataset'>): Promise<StageResult> {
  const { params, files } = context
  const { absent: _, ...result } = await storeSource(
    context,
    openWebDataset({
      shards: files.shards,
      split: params.split,
      classNames: params.class_names,
      seed: params.seed,
    }),
  )
  return result
}
