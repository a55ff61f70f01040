/** Stage `parquet`: Parquet tables with a row for each image. */
import { tarBeside } from '../../dsl/values/braces.ts'
import { openTables, type RowImages } from '../data/readers/parquet.ts'
import { readNumber, readParams, readText } from './params.ts'
import { externalOf, readClassNames, readPaths, readSplit, storeSource } from './source.ts'
import type { StageContext, StageResult } from './stage.ts'

/**
 * Reads the tables in their order and writes them as a dataset. Metrics as {@link storeSource}, and `undownloaded` (rows
 * whose status says that there is no image).
 */
export async function run(context: StageContext): Promise<StageResult> {
  const { params, externals } = context
  const tables = readPaths(params, 'files')
  const { label } = params
  const { absent, ...result } = await storeSource(
    context,
    openTables({
      tables: tables.map(table => externalOf(externals, table)),
      images: imagesOf(context, tables),
      caption: readText(params, 'caption'),
      label: typeof label === 'string' ? label : undefined,
      split: readSplit(params, ['column']),
      classNames: readClassNames(params),
      seed: readNumber(params, 'seed'),
    }),
  )
  return { ...result, metrics: { ...result.metrics, undownloaded: absent } }
}

function imagesOf({ params, externals }: StageContext, tables: readonly string[]): RowImages {
  const image = readParams(params, 'image')
  const kind = readText(image, 'kind')
  switch (kind) {
    case 'tar':
      return { kind, tars: tables.map(table => externalOf(externals, tarBeside(table))) }
    case 'bytes':
      return { kind, column: readText(image, 'column') }
    case 'paths':
      return { kind, folder: externalOf(externals, readText(image, 'folder')), column: readText(image, 'column') }
    default:
      throw new Error(`Images of a table are nowhere called '${kind}'; compile the recipe again`)
  }
}
