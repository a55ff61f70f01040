/** The images of a tar by the keys of a table beside it. */
import { basename } from 'node:path'
import { imageExtensions, splitStem, withoutPrefix } from './file_names.ts'
import { unnamedImages } from './image_files.ts'
import { corruptItem, type ImageLocation, leftOutItem, litterItem, type SourceItem } from './record.ts'
import { readTar } from './tar_entries.ts'

/** An image of a tar. */
export interface TarImage {
  readonly location: ImageLocation
  readonly file: string
}

/** The images of a tar, and the items of it that are none. */
export interface TarImages {
  /** The image of a key: by its path without the extension, or by its name alone where only one has it. */
  find(key: string): TarImage | undefined
  readonly others: readonly SourceItem[]
  /** Images that no key has found until now. */
  unnamed(): readonly SourceItem[]
}

/** Lists the images of a tar, which has the name `name` in reasons; their bytes are not read. */
export async function listTarImages(tar: string, name: string): Promise<TarImages> {
  const byPath = new Map<string, TarImage & { readonly extension: string }>()
  const others: SourceItem[] = []
  const further = (file: string) => leftOutItem(`${file} in ${name}`, 'further images of samples')
  for await (const entry of readTar(tar, { name })) {
    if (entry.kind === 'damage') others.push(corruptItem(name, entry.reason))
    else if (entry.kind === 'litter') others.push(litterItem(`${entry.name} in ${name}`))
    else {
      const { key, extension } = splitStem(withoutPrefix(entry.name).normalize())
      if (!imageExtensions.includes(extension)) continue
      const location = { kind: 'extent', path: tar, name, offset: entry.offset, size: entry.size } as const
      const before = byPath.get(key)
      if (before?.extension === extension) {
        others.push(corruptItem(name, `File '${entry.name}' is given twice in ${name}; remove one of them`, { key }))
        continue
      }
      const isPreferred = before === undefined || rank(extension) < rank(before.extension)
      if (before !== undefined) others.push(further(isPreferred ? before.file : entry.name))
      if (isPreferred) byPath.set(key, { location, file: entry.name, extension })
    }
  }
  const byName = new Map<string, TarImage | undefined>()
  for (const [key, image] of byPath) {
    const short = basename(key)
    byName.set(short, byName.has(short) ? undefined : image)
  }
  const named = new Set<TarImage>()
  return {
    find(key) {
      const image = byPath.get(withoutPrefix(key).normalize()) ?? byName.get(key.normalize())
      if (image !== undefined) named.add(image)
      return image
    },
    others,
    unnamed: () =>
      [...byPath.values()]
        .filter(image => !named.has(image))
        .map(({ file }) => leftOutItem(`${file} in ${name}`, unnamedImages)),
  }
}

const rank = (extension: string): number => imageExtensions.indexOf(extension)
