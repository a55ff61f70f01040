/** Parquet tables with a row for each image, as img2dataset and Hugging Face datasets write them. */
import { join } from 'node:path'
import { UserFault } from '../../../dsl/diagnostics/faults.ts'
import { isText } from '../../../dsl/values/json.ts'
import { isLitter } from '../../../dsl/values/litter.ts'
import { type SplitName, splitNamed } from '../../../dsl/values/split_names.ts'
import { readCaptions, readLabel } from './annotations.ts'
import { usualCaption } from './caption_table.ts'
import { type ClassCaptions, captionOfClass, className } from './class_names.ts'
import { createImageFinder, type ImageFiles, listImages, unnamedFiles } from './image_files.ts'
import { classNamesOf, invalidByteOf, openParquet, type ParquetFile, readGroup } from './parquet_file.ts'
import {
  assignSplit,
  corruptItem,
  type ImageLocation,
  leftOutItem,
  litterItem,
  roleName,
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
      const earlier: EarlierRows = new Map()
      const { images } = options
      const files = images.kind === 'paths' ? await listImages(images.folder) : undefined
      const named = new Set<string>()
      let before = 0
      for (const [index, path] of options.tables.entries()) {
        yield* readTable(await openParquet(path), { ...options, index, before, earlier, files, named })
        before += sizes[index] ?? 0
      }
      if (files !== undefined) yield* unnamedFiles(files, { named, tables: options.tables })
    },
  }
}

/** The first row of each image that rows may share. */
type EarlierRows = Map<string, EarlierRow>

interface EarlierRow {
  readonly key: string
  /** Its place in messages. */
  readonly place: string
  readonly split: SplitName
  readonly label: string
}

interface ParquetTableOptions extends ParquetOptions {
  /** Place in the list. */
  readonly index: number
  /** Rows of the tables before. */
  readonly before: number
  readonly earlier: EarlierRows
  /** The folder that paths of rows start from. */
  readonly files: ImageFiles | undefined
  /** Images that rows name, usable or not; they are added to it. */
  readonly named: Set<string>
}

async function* readTable(table: ParquetFile, options: ParquetTableOptions): AsyncGenerator<SourceItem> {
  const columns = columnsOf(table, options)
  const { find, others, unnamed = () => [] } = await imagesOf(table, options)
  yield* others
  const nameOf = classNamer(table, options.label)
  const keys = new Set<string>()
  for (let group = 0; group + 1 < table.groups.length; group++) {
    const start = table.groups[group] ?? 0
    const rows = await readGroup(table, { group, columns })
    for (const [i, cells] of rows.entries())
      yield* readRow({ cells, row: start + i }, { find, columns, nameOf, keys, ...options })
  }
  yield* unnamed()
  if (table.rows === 0) yield leftOutItem(roleName('tables', options.index), 'tables without rows')
}

/** A function from the class of a cell to its name; undefined where the table names no such class. */
type ClassNamer = (label: string) => string | undefined

function classNamer(table: ParquetFile, label: string | undefined): ClassNamer {
  const names = label === undefined ? undefined : classNamesOf(table, label)
  return label => {
    if (names === undefined || !/^-?[0-9]+$/.test(label)) return label
    // Hugging Face writes -1 where the class is not known.
    return label === '-1' ? '' : names[Number(label)]
  }
}

/** The columns to read. Throws where one that the recipe names is missing; a table of classes needs no captions. */
function columnsOf(
  { path, columns }: ParquetFile,
  { images, caption, label, split }: ParquetOptions,
): readonly string[] {
  const required = [
    ...(images.kind === 'tar' ? ['key'] : []),
    ...(images.kind === 'paths' ? [images.column] : []),
    ...(label === undefined ? [] : [label]),
    ...(label === undefined || caption !== usualCaption ? [caption] : []),
    ...(split === 'column' ? ['split'] : []),
  ]
  const cell = images.kind === 'bytes' ? [images.column] : []
  const missing = [...required, ...cell].find(column => !columns.includes(column))
  if (missing !== undefined)
    throw new UserFault(`${path} has no column '${missing}'`, {
      place:
        missing === label ? 'label' : missing === caption ? 'caption' : missing === 'split' ? 'split' : 'image.column',
      hint: `its columns are ${columns.join(', ')}`,
    })
  return [...new Set([...required, caption, 'status', 'url', 'key'])].filter(column => columns.includes(column))
}

/** The image of a row. */
interface RowImage {
  readonly at: ImageLocation
  readonly file: string
  /** Its name in reasons; absent: `file`. */
  readonly name?: string
  /** Equal for rows that share an image; undefined where each row has its own. */
  readonly shared?: string
}

/** The image of a row, or words that follow the name of the row. */
type FindRowImage = (cells: RowCells, row: number) => RowImage | { readonly fault: string }
type RowCells = Readonly<Record<string, unknown>>

async function imagesOf(
  { path }: ParquetFile,
  { images, index, files, named }: ParquetTableOptions,
): Promise<{
  readonly find: FindRowImage
  readonly others: readonly SourceItem[]
  readonly unnamed?: () => readonly SourceItem[]
}> {
  switch (images.kind) {
    case 'bytes':
      return {
        find: (_, row) => ({
          at: { kind: 'cell', path, name: roleName('tables', index), column: images.column, row },
          file: `table ${index} row ${row}`,
          name: `${roleName('tables', index)} row ${row}`,
        }),
        others: [],
      }
    case 'paths': {
      const finder = createImageFinder(files ?? (await listImages(images.folder)), roleName('images'))
      const find: FindRowImage = cells => {
        const name = cells[images.column]
        if (!isText(name) || name === '') return { fault: `names no image in its column '${images.column}'` }
        const found = finder(name)
        if ('file' in found) named.add(found.file)
        return 'fault' in found
          ? { fault: `names image '${name}', ${found.fault}` }
          : { at: { kind: 'file', path: join(images.folder, found.file) }, file: found.file, shared: found.file }
      }
      return { find, others: [] }
    }
    case 'tar': {
      const tar = images.tars[index] ?? ''
      const name = roleName('tars', index)
      const { find, others, unnamed } = await listTarImages(tar, name)
      return {
        find: ({ key }) => {
          const image = find(String(key))
          return image === undefined
            ? { fault: `has the key '${String(key)}', of which ${name} holds no image` }
            : { at: image.location, file: image.file, shared: `${index}/${image.file}` }
        },
        others,
        unnamed,
      }
    }
  }
}

interface RowOptions extends ParquetTableOptions {
  readonly columns: readonly string[]
  readonly find: FindRowImage
  readonly nameOf: ClassNamer
  /** Keys of the rows before. */
  readonly keys: Set<string>
}

function readRow(
  { cells, row }: { readonly cells: RowCells; readonly row: number },
  options: RowOptions,
): readonly SourceItem[] {
  const { find, columns, nameOf, images, caption, label: labelColumn, classNames, index, before } = options
  const name = roleName('tables', index)
  const key = isText(cells.key) ? cells.key : `row ${row}`
  const wrong = (reason: string, column?: string) =>
    corruptItem(name, `Row ${row} of ${name} ${reason}`, { key, ...(column !== undefined && { column }) })
  for (const column of columns) {
    const byte = invalidByteOf(cells[column])
    if (byte !== undefined) return [wrong(`has text that is not UTF-8 in its column '${column}': byte ${byte}`, column)]
  }
  if (isText(cells.status) && isWithoutImage(cells.status, images)) return [{ kind: 'omitted', reason: cells.status }]
  const path = images.kind === 'paths' ? cells[images.column] : undefined
  if (isText(path) && isLitter(path)) return [litterItem(`row ${row} of ${name}`)]
  const image = find(cells, row)
  if ('fault' in image) return [wrong(image.fault)]
  const found = readLabel(labelColumn === undefined ? undefined : cells[labelColumn])
  if ('fault' in found) return [wrong(found.fault, labelColumn)]
  const named = nameOf(found.label)
  if (named === undefined) return [wrong(`has the class ${found.label}, and the table has no name for it`, labelColumn)]
  const given = cells[caption]
  const { captions, faults } = readCaptions(Array.isArray(given) ? given : [given], named)
  const told = faults.map(fault => wrong(fault, caption))
  if (captions.length === 0 && named === '') return told.length > 0 ? told : [wrong('has no caption', caption)]
  const earlier = image.shared === undefined ? undefined : options.earlier.get(image.shared)
  const split = splitOf(cells, earlier?.key ?? key, options)
  if (split === undefined)
    return [wrong(`has the split '${textOf(cells.split)}'; splits are train, val and test`, 'split')]
  const label = className(named)
  const contradiction = earlier && contradictionOf({ split, label, file: image.file }, earlier)
  if (contradiction !== undefined) return [wrong(contradiction)]
  if (image.shared !== undefined && earlier === undefined)
    options.earlier.set(image.shared, { key, place: `row ${row} of ${name}`, split, label })
  // Rows with images of their own may share a key; their groups may not.
  const isRepeated = image.shared === undefined && options.keys.has(key)
  options.keys.add(key)
  // A recipe may name classes by their numbers, though the table names them too.
  const word = Object.hasOwn(classNames, found.label) ? found.label : named
  return [
    {
      kind: 'record',
      file: image.file,
      ...(image.name !== undefined && { name: image.name }),
      group: isRepeated ? `${index}/${key} row ${row}` : `${index}/${key}`,
      split,
      captions: captions.length > 0 ? captions : [captionOfClass(word, classNames)],
      label,
      facts: { table: index, ...(isText(cells.url) && { url: cells.url }) },
      location: image.at,
      position: before + row + 1,
    },
    ...told,
  ]
}

/** True if the status of a row says that it has no image: any but success in img2dataset's layout, a failure elsewhere. */
const isWithoutImage = (status: string, { kind }: RowImages): boolean =>
  kind === 'tar' ? status !== 'success' : status.startsWith('failed_to_')

/** The split of a row; rows of one image draw theirs by the same key. */
const splitOf = (cells: RowCells, key: string, { split, seed }: RowOptions): SplitName | undefined =>
  split === 'column' ? splitNamed(textOf(cells.split)) : assignSplit(key, { ...split, seed })

/** The contradiction of a row to the first row of the same image: another split or another class. */
function contradictionOf(
  { split, label, file }: { readonly split: SplitName; readonly label: string; readonly file: string },
  first: EarlierRow,
): string | undefined {
  if (split !== first.split)
    return `puts '${file}' into the split '${split}', ${first.place} into '${first.split}'; keep one`
  if (label !== '' && first.label !== '' && label !== first.label)
    return `gives '${file}' the class '${label}', ${first.place} '${first.label}'; keep one`
  return undefined
}

/** The text of a cell; empty where it holds none. */
const textOf = (cell: unknown): string => (isText(cell) ? cell.trim() : '')
