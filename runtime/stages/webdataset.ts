/** Stage `webdataset`: tar shards of another tool. */
import { openWebDataset } from '../data/readers/webdataset.ts'
import { readNumber } from './params.ts'
import { externalOf, readClassNames, readPaths, readSplit, storeSource } from './source.ts'
import type { StageContext, StageResult } from './stage.ts'

/** Reads the shards in their order and writes them as a dataset. Metrics as {@link storeSource}. */
export async function run(context: StageContext): Promise<StageResult> {
  const { params, externals } = context
  const { absent: _, ...result } = await storeSource(
    context,
    openWebDataset({
      shards: readPaths(params, 'shards').map(shard => externalOf(externals, shard)),
      split: readSplit(params, []),
      classNames: readClassNames(params),
      seed: readNumber(params, 'seed'),
    }),
  )
  return result
}
