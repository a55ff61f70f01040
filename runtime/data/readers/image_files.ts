/** The image files of a folder, and the file that a table's name stands for. */
import { readdir } from 'node:fs/promises'
import { basename, extname, isAbsolute, join, normalize, sep } from 'node:path'
import { UserFault } from '../../../dsl/diagnostics/faults.ts'
import { isLitter } from '../../../dsl/values/litter.ts'
import { isImageName } from './file_names.ts'
import { type LeftOutItem, leftOutItem } from './record.ts'

/** Files of a folder by their paths inside it, with `/` between folders. */
export interface ImageFiles {
  readonly folder: string
  /** Image files, sorted. */
  readonly images: readonly string[]
  /** Every file, images included. */
  readonly files: ReadonlySet<string>
  /** Symbolic links: their targets are no part of the folder and of its digest. */
  readonly links: ReadonlySet<string>
  /** Files of operating systems and editors, sorted; in none of the other lists. */
  readonly litter: readonly string[]
}

/**
 * Lists a folder with all that is in it, but for what operating systems and editors leave there. Throws where it cannot
 * be read or holds no image.
 */
export async function listImages(folder: string): Promise<ImageFiles> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(cause => {
    throw new UserFault(`Folder ${folder} cannot be read`, { hint: 'check the path of the source', cause })
  })
  const start = join(folder, '/').length
  const files = new Set<string>()
  const links = new Set<string>()
  const litter: string[] = []
  for (const entry of found) {
    const path = join(entry.parentPath, entry.name).slice(start).replaceAll(sep, '/')
    if (isLitter(path)) {
      if (!entry.isDirectory()) litter.push(path)
    } else if (entry.isFile()) files.add(path)
    else if (entry.isSymbolicLink()) links.add(path)
  }
  const images = [...files].filter(isImageName).sort()
  if (images.length === 0)
    throw new UserFault(`Folder ${folder} holds no images${foundIn(files, litter.length)}`, {
      hint: 'add JPEG or PNG files',
    })
  return { folder, images, files, links, litter: litter.sort() }
}

/** The contents of a folder without images, in brackets: the endings of its files, the most frequent first. */
function foundIn(files: ReadonlySet<string>, litter: number): string {
  const counts = new Map<string, number>()
  for (const file of files) {
    const ending = extname(file).toLowerCase() || 'no ending'
    counts.set(ending, (counts.get(ending) ?? 0) + 1)
  }
  const endings = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 5)
  const parts = endings.map(([ending, count]) => `${ending} ${count}`)
  if (litter > 0) parts.push(`of operating systems and editors ${litter}`)
  return parts.length === 0 ? '' : ` (its files: ${parts.join(', ')})`
}

/** The file that a name stands for, or the reason why there is none: words that follow `names image 'x', which ...`. */
export type ImageMatch = { readonly file: string } | { readonly fault: string }

/**
 * Finds images by their path in the folder; a bare name stands for the one image of that name in any sub-folder. Names
 * match in either normal form of Unicode: archives of other systems change it. `folder` is its name in faults.
 */
export function createImageFinder({ images, links }: ImageFiles, folder: string): (name: string) => ImageMatch {
  const present = new Set(images)
  const byPath = new Map<string, string[]>()
  const byName = new Map<string, string[]>()
  for (const file of images) {
    if (!isAscii(file)) addTo(byPath, file.normalize(), file)
    addTo(byName, basename(file).normalize(), file)
  }
  return name => {
    if (present.has(name)) return { file: name }
    const file = normalize(name.replaceAll('\\', '/'))
    if (present.has(file)) return { file }
    if (isAbsolute(name) || file === '..' || file.startsWith('../'))
      return { fault: `which leads out of ${folder}; write its path inside that folder` }
    const [only, ...others] = byPath.get(file.normalize()) ?? byName.get(file.normalize()) ?? []
    if (only !== undefined && others.length === 0) return { file: only }
    if (only !== undefined) return { fault: `which lies in several folders of ${folder}; write its path` }
    return isLinked(file, links)
      ? {
          fault: `which is a symbolic link or behind one, and links are not followed; put the file itself into ${folder}`,
        }
      : { fault: `which is not in ${folder}; add it or fix the name` }
  }
}

/** The files of a folder that no row names; the tables of these rows may lie in the folder, too. */
export function unnamedFiles(
  { folder, files }: ImageFiles,
  { named, tables }: { readonly named: ReadonlySet<string>; readonly tables: readonly string[] },
): readonly LeftOutItem[] {
  const own = new Set(tables.map(table => join(table)))
  const others = [...files].filter(file => !named.has(file) && !own.has(join(folder, file))).sort()
  return others.map(file => leftOutItem(file, isImageName(file) ? unnamedImages : notImages(file)))
}

/** The reason why an image that no row names is left out. */
export const unnamedImages = 'images that no row names'

/** The reason why a file that is no image is left out. */
export const notImages = (file: string): string =>
  `files that are no images (${extname(file).toLowerCase() || 'no ending'})`

/** True if a path is a link or leads through one. */
function isLinked(file: string, links: ReadonlySet<string>): boolean {
  if (links.size === 0) return false
  const steps = file.split('/')
  return steps.some((_, i) => links.has(steps.slice(0, i + 1).join('/')))
}

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)

function addTo(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
