/** A user's own images: a folder with a table of captions, or with a sub-folder for each class. */
import { readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { DataFault, UserFault } from '../../../dsl/diagnostics/faults.ts'
import { isLitter } from '../../../dsl/values/litter.ts'
import { type SplitName, splitNamed } from '../../../dsl/values/split_names.ts'
import { createRandom } from '../random.ts'
import { type CaptionRow, parseCaptionTable, type TableColumns } from './caption_table.ts'
import { type ClassCaptions, captionOfClass, className } from './class_names.ts'
import { createImageFinder, type ImageFiles, listImages, notImages, unnamedFiles } from './image_files.ts'
import {
  type CorruptItem,
  corruptItem,
  type ImageRecord,
  type LeftOutItem,
  leftOutItem,
  litterItem,
  roleName,
  type SourceReader,
  type SplitShares,
} from './record.ts'

/** Options of {@link openFolder}. */
export interface FolderOptions {
  readonly folder: string
  /** Folder that the table's image paths start from, where it is another. */
  readonly images?: string | undefined
  /** Table of captions inside the folder; undefined: sub-folders are classes and captions come from their names. */
  readonly table?: (TableColumns & { readonly file: string }) | undefined
  /** Shares held out by image file, or where splits are written: in the first folder of a path, or in the table. */
  readonly split: SplitShares | 'folders' | 'column'
  readonly classNames: ClassCaptions
  readonly seed: number
}

/** An image file with its captions and class. */
interface FolderImage {
  /** Path inside the folder of images, with `/` between folders. */
  readonly file: string
  readonly captions: readonly string[]
  readonly label: string
  /** As the table writes it. */
  readonly split: string
  /** Lines of a table that the label and the split come from. */
  readonly lines: { readonly first?: number; readonly label?: number; readonly split?: number }
}

/** A reader of a folder; records come in order of their paths, after the faults of the table. */
export function openFolder(options: FolderOptions): SourceReader {
  let total: number | undefined
  return {
    unit: 'images',
    total: () => total,
    async *find() {
      const { entries, others, files } = await listFolder(options)
      total = entries.length
      yield* others
      const splits = splitImages(entries, options)
      for (const [position, entry] of entries.entries()) {
        const split = splits.get(entry.file)
        if (split === undefined) yield splitFault(entry, options)
        else yield recordOf(entry, { split, position: position + 1, folder: files.folder })
      }
    },
  }
}

interface FolderListing {
  readonly entries: readonly FolderImage[]
  /** Items that are no images of the source. */
  readonly others: readonly (CorruptItem | LeftOutItem)[]
  readonly files: ImageFiles
}

/** Throws where the folder is missing or holds no images, or where the table as a whole cannot be read. */
async function listFolder(options: FolderOptions): Promise<FolderListing> {
  const { folder, images = folder, table } = options
  const files = await listImages(images)
  if (table === undefined) return { ...fromClasses(files, options), files }
  const bytes = await readTable(folder, table.file)
  const columns = options.split === 'column' ? table : { ...table, split: undefined }
  const rows = parseCaptionTable(bytes, table.file, columnsOf(columns))
  return { ...fromTable(rows, { name: table.file, files, options }), files }
}

/** The bytes of a table. Throws where it is not in the folder itself: what a link leads to is in no digest. */
async function readTable(folder: string, file: string): Promise<Uint8Array> {
  const path = join(folder, file)
  const isInside = !/^(\.\.\/|\/)/.test(join(file))
  const real = isInside ? await realpath(path).catch(() => undefined) : undefined
  const bytes = real === undefined ? undefined : await readFile(path).catch(() => undefined)
  if (real === undefined || bytes === undefined) {
    throw new UserFault(`Folder ${folder} holds no captions file '${file}'`, {
      hint: 'check the name or leave captions out',
    })
  }
  if (real !== join(await realpath(folder), file))
    throw new UserFault(
      `Captions file '${file}' in ${folder} is a symbolic link or behind one, and links are not followed`,
      {
        hint: 'put the file itself there',
      },
    )
  return bytes
}

const columnsOf = ({ image, caption, label, split }: TableColumns): TableColumns => ({ image, caption, label, split })

function fromClasses(
  { folder, images, files, links, litter }: ImageFiles,
  options: FolderOptions,
): Omit<FolderListing, 'files'> {
  // Where the first folder is the split, the class is a folder below it.
  const least = options.split === 'folders' ? 3 : 2
  const visible = images.filter(file => !isHidden(file))
  const loose = visible.find(file => file.split('/').length < least)
  if (loose !== undefined) {
    const table = [...files].find(file => /^captions\.(csv|tsv|jsonl)$/.test(file))
    const place =
      least === 3 ? 'a folder named after its class, in one named after its split' : 'a folder named after its class'
    const fix = table === undefined ? `move it into ${place}` : `set captions: ${table}`
    throw new DataFault(`Image '${loose}' lies in no class folder of ${folder}`, { hint: fix, file: loose })
  }
  const entries = visible.map((file): FolderImage => {
    const name = file.split('/').at(-2) ?? ''
    const captions = [captionOfClass(name, options.classNames)]
    return { file, captions, label: className(name), split: '', lines: {} }
  })
  const linked = [...links].sort().map(link => {
    return corruptItem(
      link,
      `'${link}' in ${imagesName(options)} is a symbolic link, and links are not followed; put the file itself there`,
    )
  })
  const known = new Set(images)
  const unknown = [...files].filter(file => !known.has(file) && file.split('/').length >= least).sort()
  const hidden = [...images, ...unknown].filter(isHidden).map(file => leftOutItem(file, 'hidden files'))
  const others = unknown.filter(file => !isHidden(file)).map(file => leftOutItem(file, notImages(file)))
  return { entries, others: [...linked, ...litter.map(litterItem), ...hidden, ...others] }
}

/** The folder of images in reasons. */
const imagesName = ({ images }: FolderOptions): string => roleName(images === undefined ? 'path' : 'images')

/** Tests if a file or a folder on its path is hidden. */
const isHidden = (file: string): boolean => /(^|\/)\./.test(file)

function fromTable(
  rows: readonly (CaptionRow | CorruptItem)[],
  { name, files, options }: { readonly name: string; readonly files: ImageFiles; readonly options: FolderOptions },
): Omit<FolderListing, 'files'> {
  const find = createImageFinder(files, imagesName(options))
  const others: (CorruptItem | LeftOutItem)[] = []
  const entries = new Map<string, FolderImage>()
  const mentioned = new Set<string>()
  for (const row of rows) {
    if (row.kind === 'corrupt') {
      others.push(row)
      continue
    }
    const { image, line } = row
    const found = find(image)
    if ('fault' in found) {
      others.push(
        isLitter(image)
          ? litterItem(`${name} line ${line}`)
          : corruptItem(name, `${name} line ${line} names image '${image}', ${found.fault}`, { line, key: image }),
      )
      continue
    }
    mentioned.add(found.file)
    const before = entries.get(found.file)
    const contradiction = before === undefined ? undefined : contradictionOf(row, before)
    if (contradiction === undefined) entries.set(found.file, withRow(row, found.file, { before, options }))
    else others.push(corruptItem(name, `${name} line ${line} ${contradiction}`, { line, key: image }))
  }
  if (entries.size === 0 && others.length === 0)
    throw new DataFault(`${name} in ${options.folder} has no rows`, {
      hint: 'write one line for each caption',
      file: name,
    })
  others.push(...unnamedFiles(files, { named: mentioned, tables: [join(options.folder, name)] }))
  return { entries: [...entries.values()].sort((a, b) => (a.file < b.file ? -1 : 1)), others }
}

/** An image with the captions and the class of one more row. */
function withRow(
  row: CaptionRow,
  file: string,
  { before, options }: { readonly before: FolderImage | undefined; readonly options: FolderOptions },
): FolderImage {
  const { label, split, line } = row
  const captions = row.captions.length > 0 ? row.captions : [captionOfClass(label, options.classNames)]
  return {
    file,
    captions: [...(before?.captions ?? []), ...captions],
    label: before?.label || className(label),
    split: before?.split || split,
    lines: {
      first: line,
      ...(label !== '' && { label: line }),
      ...(split !== '' && { split: line }),
      ...before?.lines,
    },
  }
}

/** The contradiction of a row to earlier rows of the same image: another split or another class. */
function contradictionOf({ image, label, split }: CaptionRow, before: FolderImage): string | undefined {
  if (
    split !== '' &&
    before.split !== '' &&
    (splitNamed(split) ?? split) !== (splitNamed(before.split) ?? before.split)
  )
    return `puts '${image}' into the split '${split}', line ${before.lines.split} into '${before.split}'; keep one`
  if (label !== '' && before.label !== '' && className(label) !== before.label)
    return `gives '${image}' the class '${label}', line ${before.lines.label} '${before.label}'; keep one`
  return undefined
}

/** The split of each file; files whose split is none have no entry. */
function splitImages(entries: readonly FolderImage[], { split, seed }: FolderOptions): ReadonlyMap<string, SplitName> {
  if (typeof split === 'object') return assignFiles(entries, { ...split, seed })
  const written = (entry: FolderImage) => (split === 'folders' ? (entry.file.split('/')[0] ?? '') : entry.split)
  return new Map(
    entries.flatMap(entry => {
      const name = splitNamed(written(entry))
      return name === undefined ? [] : [[entry.file, name]]
    }),
  )
}

/** Draws test and validation files at random, from each class the same share. */
function assignFiles(
  entries: readonly FolderImage[],
  { val, test, seed }: SplitShares & { readonly seed: number },
): ReadonlyMap<string, SplitName> {
  const splits = new Map<string, SplitName>(entries.map(({ file }) => [file, 'train']))
  const byLabel = new Map<string, string[]>()
  for (const { file, label } of entries) {
    const files = byLabel.get(label)
    if (files === undefined) byLabel.set(label, [file])
    else files.push(file)
  }
  for (const [label, files] of byLabel) {
    const [tests, vals] = [Math.round(files.length * test), Math.round(files.length * val)]
    for (const [i, file] of createRandom(seed, `split ${label}`).shuffle(files).entries()) {
      if (i < tests + vals) splits.set(file, i < tests ? 'test' : 'val')
    }
  }
  return splits
}

function splitFault({ file, split, lines }: FolderImage, options: FolderOptions): CorruptItem {
  const fix = 'splits are train, val and test'
  const table = options.table?.file ?? file
  const line = lines.split ?? lines.first
  return options.split === 'folders'
    ? corruptItem(
        file,
        `'${file}' lies in none of the folders train, val and test; move it there, or give 'split' shares`,
      )
    : corruptItem(table, `${table} line ${line} gives '${file}' the split '${split}'; ${fix}`, {
        ...{ key: file, line, column: options.table?.split ?? '' },
      })
}

function recordOf(
  { file, captions, label }: FolderImage,
  { split, position, folder }: { readonly split: SplitName; readonly position: number; readonly folder: string },
): ImageRecord {
  const location = { kind: 'file', path: join(folder, file) } as const
  return { kind: 'record', file, group: file, split, captions, label, facts: {}, location, position }
}
