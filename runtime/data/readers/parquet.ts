/** Parquet tables with a row for each image, as img2dataset and Hugging Face datasets write them. */
import { basename, join } from 'node:path'
import { UserFault } from '../../../dsl/diagnostics/faults.ts'
import { isText } from '../../../dsl/values/json.ts'
import { splitNamed } from '../../../dsl/values/split_names.ts'
import { type ClassCaptions, captionOfClass, className } from './class_names.ts'
import { createImageFinder, listImages } from './image_files.ts'
import { openParquet, type ParquetFile, readGroup } from './parquet_file.ts'
import {
  assignSplit,
  corruptItem,
  type ImageLocation,
  type SourceItem,
  type SourceReader,
  type SplitShares,
} from './record.ts'
import { listTarImages } from './tar_images.ts'

/** The place of the images of a table's rows. */
export type RowImages =
  | { readonly kind: 'tar'; readonly tars: readonly string[] }
  | { readonly kind: 'bytes'; readonly column: string }
  | { readonly kind: 'paths'; readonly folder: string; readonly column: string }

/** Options of {@link openTables}: tables in order, and the meaning of their columns. */
export interface ParquetOptions {
  readonly tables: readonly string[]
  readonly images: RowImages
  readonly caption: string
  readonly label?: string | undefined
  readonly split: SplitShares | 'column'
  readonly classNames: ClassCaptions
  readonly seed: number
}

/** A reader of tables; the texts of one row group are in memory at a time. */
export function openTables(options: ParquetOptions): SourceReader {
  let total: number | undefined
  return {
    unit: 'rows',
    total: () => total,
    async *find() {
      const sizes: number[] = []
      for (const table of options.tables) sizes.push((await openParquet(table)).rows)
      total = sizes.reduce((sum, size) => sum + size, 0)
      let before = 0
      for (const [index, path] of options.tables.entries()) {
        yield* readTable(await openParquet(path), { ...options, index, before })
        before += sizes[index] ?? 0
      }
    },
  }
}

interface TableOptions extends ParquetOptions {
  /** Place in the list. */
  readonly index: number
  /** Rows of the tables before. */
  readonly before: number
}

async function* readTable(table: ParquetFile, options: TableOptions): AsyncGenerator<SourceItem> {
  const columns = columnsOf(table, options)
  const { find, faults } = await imagesOf(table, options)
  yield* faults
  for (let group = 0; group + 1 < table.groups.length; group++) {
    const start = table.groups[group] ?? 0
    const rows = await readGroup(table, { group, columns })
    for (const [i, cells] of rows.entries()) yield* readRow({ cells, row: start + i }, { table, find, ...options })
  }
}

/** The columns to read. Throws where one that is needed is missing. */
function columnsOf(
  { path, columns }: ParquetFile,
  { images, caption, label, split }: ParquetOptions,
): readonly string[] {
  const needed = [
    ...(images.kind === 'tar' ? ['key'] : []),
    ...(images.kind === 'paths' ? [images.column] : []),
    ...(label === undefined ? [caption] : [label]),
    ...(split === 'column' ? ['split'] : []),
  ]
  const cell = images.kind === 'bytes' ? [images.column] : []
  const missing = [...needed, ...cell].find(column => !columns.includes(column))
  if (missing !== undefined)
    throw new UserFault(`${path} has no column '${missing}'`, { hint: `its columns are ${columns.join(', ')}` })
  return [...new Set([...needed, caption, 'status', 'url', 'key'])].filter(column => columns.includes(column))
}

/** The place of a row's image, or words that follow the name of the row. */
type FindRowImage = (
  cells: RowCells,
  row: number,
) => { readonly at: ImageLocation; readonly file: string } | { readonly fault: string }
type RowCells = Readonly<Record<string, unknown>>

async function imagesOf(
  { path }: ParquetFile,
  { images, index }: TableOptions,
): Promise<{ readonly find: FindRowImage; readonly faults: readonly SourceItem[] }> {
  switch (images.kind) {
    case 'bytes':
      return {
        find: (_, row) => ({
          at: { kind: 'cell', path, column: images.column, row },
          file: `${basename(path)} row ${row}`,
        }),
        faults: [],
      }
    case 'paths': {
      const finder = createImageFinder(await listImages(images.folder))
      const find: FindRowImage = cells => {
        const name = cells[images.column]
        if (!isText(name) || name === '') return { fault: `names no image in its column '${images.column}'` }
        const found = finder(name)
        return 'fault' in found
          ? { fault: `names image '${name}', ${found.fault}` }
          : { at: { kind: 'file', path: join(images.folder, found.file) }, file: found.file }
      }
      return { find, faults: [] }
    }
    case 'tar': {
      const tar = images.tars[index] ?? ''
      const { find, others } = await listTarImages(tar)
      return {
        find: ({ key }) => {
          const image = find(String(key))
          return image === undefined
            ? { fault: `has the key '${String(key)}', of which ${basename(tar)} holds no image` }
            : { at: image.location, file: image.file }
        },
        faults: others,
      }
    }
  }
}

interface RowOptions extends TableOptions {
  readonly table: ParquetFile
  readonly find: FindRowImage
}

function readRow(
  { cells, row }: { readonly cells: RowCells; readonly row: number },
  { table, find, caption, label: labelColumn, split: splits, classNames, seed, index, before }: RowOptions,
): readonly SourceItem[] {
  const name = basename(table.path)
  const key = isText(cells.key) ? cells.key : `row ${row}`
  const wrong = (reason: string, column?: string) =>
    corruptItem(name, `Row ${row} of ${name} ${reason}`, { key, ...(column !== undefined && { column }) })
  if (isText(cells.status) && cells.status !== 'success') return [{ kind: 'omitted', reason: cells.status }]
  const image = find(cells, row)
  if ('fault' in image) return [wrong(image.fault)]
  const { captions, missing } = captionsOf(cells[caption])
  const empty = Array.from({ length: missing }, () => wrong(`has an empty caption`, caption))
  const named = labelColumn === undefined ? '' : textOf(cells[labelColumn])
  if (captions.length === 0 && named === '') return empty.length > 0 ? empty : [wrong('has no caption', caption)]
  const split = splits === 'column' ? splitNamed(textOf(cells.split)) : assignSplit(key, { ...splits, seed })
  if (split === undefined)
    return [wrong(`has the split '${textOf(cells.split)}'; splits are train, val and test`, 'split')]
  return [
    {
      kind: 'record',
      file: image.file,
      group: `${index}/${key}`,
      split,
      captions: captions.length > 0 ? captions : [captionOfClass(named, classNames)],
      label: className(named),
      facts: { table: index, ...(isText(cells.url) && { url: cells.url }) },
      location: image.at,
      position: before + row + 1,
    },
    ...empty,
  ]
}

const textOf = (cell: unknown): string =>
  isText(cell) || typeof cell === 'number' || typeof cell === 'bigint' ? String(cell).trim() : ''

/** A text or a list of texts; how many of them say nothing. A cell without a value holds no caption at all. */
function captionsOf(cell: unknown): { readonly captions: readonly string[]; readonly missing: number } {
  if (cell === null || cell === undefined) return { captions: [], missing: 0 }
  const given: readonly unknown[] = Array.isArray(cell) ? cell : [cell]
  const captions = given.map(textOf).filter(text => text !== '')
  return { captions, missing: given.length - captions.length }
}
