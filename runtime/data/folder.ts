/** A user's own images: a folder with a table of captions, or with a sub-folder for each class. */
import { readdir, readFile } from 'node:fs/promises'
import { basename, join, normalize } from 'node:path'
import { parseCaptionTable } from './caption_table.ts'
import { decodeImage, encodeJpeg } from './image.ts'
import { createRandom } from './random.ts'
import type { SampleFiles } from './sample.ts'

/** What is read of a folder, and how. */
export interface FolderOptions {
  /** File of captions inside the folder; undefined: sub-folders are classes and captions come from their names. */
  readonly captions: string | undefined
  /** Side of a stored image in pixels. */
  readonly tileSize: number
  /** Shares held out, by image file. */
  readonly val: number
  readonly test: number
  /** Unreadable images that are skipped before reading fails. */
  readonly maxCorrupt: number
  readonly seed: number
  /** Is told which image was skipped, and why. */
  readonly warn: (message: string) => void
  /** Is told how many of the images are read. */
  readonly onImages?: (done: number, total: number) => void
}

/** An image file and what is said of it. */
export interface FolderEntry {
  /** Path inside the folder, with `/` between folders. */
  readonly file: string
  readonly captions: readonly string[]
  /** Class name, or empty. */
  readonly label: string
}

const isImage = (file: string): boolean => /\.(jpe?g|png|webp|tiff?|gif|avif)$/i.test(file)

/**
 * Lists the images of a folder, ordered by path. Throws where the folder is missing or holds no images, and where a
 * row of the table names an image that is not there (with its line).
 */
export async function listFolder(folder: string, captions: string | undefined): Promise<readonly FolderEntry[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(cause => {
    throw new Error(`Folder ${folder} cannot be read; check the path of the source`, { cause })
  })
  const files = found
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(join(folder, '/').length).replaceAll('\\', '/'))
  const images = files.filter(isImage).sort()
  if (images.length === 0) throw new Error(`Folder ${folder} holds no images; add JPEG or PNG files`)
  if (captions === undefined) return fromClasses(folder, { images, files })
  if (!files.includes(captions)) {
    throw new Error(`Folder ${folder} holds no captions file '${captions}'; check the name or leave captions out`)
  }
  return fromTable(await readFile(join(folder, captions), 'utf8'), { name: captions, folder, images })
}

/** Class names as people write them: `AnnualCrop`, `annual_crop` and `annual-crop` give `annual crop`. */
export const className = (folder: string): string =>
  folder
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .replace(/[_\-\s]+/g, ' ')
    .trim()
    .toLowerCase()

/** Reads the images of a folder as samples, in order of their paths. Throws as {@link listFolder}. */
export async function* readFolder(folder: string, options: FolderOptions): AsyncGenerator<SampleFiles> {
  const entries = await listFolder(folder, options.captions)
  const splits = splitFiles(entries, options)
  let corrupt = 0
  for (const [i, { file, captions, label }] of entries.entries()) {
    options.onImages?.(i, entries.length)
    const image = await readImage(join(folder, file), file, options.tileSize)
    if (image instanceof Error) {
      corrupt += 1
      if (corrupt > options.maxCorrupt) {
        const limit = `max_corrupt allows ${options.maxCorrupt}`
        throw new Error(`${image.message}, or raise max_corrupt (${corrupt} unreadable so far, ${limit})`, {
          cause: image,
        })
      }
      options.warn(`Skipped: ${image.message}`)
      continue
    }
    const stem = file.replace(/\.\w+$/, '').replace(/[^A-Za-z0-9]+/g, '-')
    yield {
      key: `${String(i).padStart(6, '0')}-${stem.slice(-50)}`,
      split: splits.get(file) ?? 'train',
      captions,
      label,
      group: file,
      masks: [],
      facts: { file },
      image,
      maskFiles: {},
    }
  }
}

async function readImage(path: string, name: string, size: number): Promise<Uint8Array | Error> {
  try {
    return await encodeJpeg(await decodeImage(await readFile(path), { name: `'${name}'`, size }), 92)
  } catch (cause) {
    return cause instanceof Error ? cause : new Error(String(cause))
  }
}

function fromClasses(
  folder: string,
  { images, files }: { readonly images: readonly string[]; readonly files: readonly string[] },
): readonly FolderEntry[] {
  const loose = images.find(file => !file.includes('/'))
  if (loose !== undefined) {
    const table = files.find(file => /^captions\.(csv|jsonl)$/.test(file))
    const fix = table === undefined ? 'move it into a folder named after its class' : `set captions: ${table}`
    throw new Error(`Image '${loose}' lies in no class folder of ${folder}; ${fix}`)
  }
  return images.map(file => {
    const label = className(file.split('/').at(-2) ?? '')
    return { file, captions: [label], label }
  })
}

function fromTable(
  text: string,
  { name, folder, images }: { readonly name: string; readonly folder: string; readonly images: readonly string[] },
): readonly FolderEntry[] {
  const present = new Set(images)
  const byName = new Map<string, string[]>()
  for (const file of images) byName.set(basename(file), [...(byName.get(basename(file)) ?? []), file])
  // A bare name means the one image of that name, wherever it lies in the folder.
  const resolve = (image: string): string | undefined => {
    const file = normalize(image).replaceAll('\\', '/')
    const named = byName.get(file) ?? []
    return present.has(file) ? file : named.length === 1 ? named[0] : undefined
  }
  const captions = new Map<string, string[]>()
  for (const { image, caption, line } of parseCaptionTable(text, name)) {
    const file = resolve(image)
    if (file === undefined) {
      const several = (byName.get(image)?.length ?? 0) > 1
      const fault = several
        ? `which lies in several folders of ${folder}; write its path`
        : `which is not in ${folder}; add it or fix the name`
      throw new Error(`${name} line ${line} names image '${image}', ${fault}`)
    }
    captions.set(file, [...(captions.get(file) ?? []), caption])
  }
  if (captions.size === 0) throw new Error(`${name} in ${folder} has no rows; write one line for each caption`)
  return [...captions].sort(([a], [b]) => (a < b ? -1 : 1)).map(([file, own]) => ({ file, captions: own, label: '' }))
}

/** Draws test and validation files at random, from each class the same share. */
function splitFiles(
  entries: readonly FolderEntry[],
  { val, test, seed }: FolderOptions,
): ReadonlyMap<string, 'val' | 'test'> {
  const splits = new Map<string, 'val' | 'test'>()
  for (const label of new Set(entries.map(entry => entry.label))) {
    const files = entries.filter(entry => entry.label === label).map(entry => entry.file)
    const [tests, vals] = [Math.round(files.length * test), Math.round(files.length * val)]
    for (const [i, file] of createRandom(seed, `split ${label}`).shuffle(files).entries()) {
      if (i < tests + vals) splits.set(file, i < tests ? 'test' : 'val')
    }
  }
  return splits
}
