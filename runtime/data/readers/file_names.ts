/** Names of files in archives: extensions that are known, and the key that the files of one sample share. */

/** Extensions of images, in order of preference where a sample has several. */
export const imageExtensions: readonly string[] = ['jpg', 'jpeg', 'png', 'webp', 'tif', 'tiff', 'gif', 'avif']

/** Extensions of small files that describe an image. */
export const sidecarExtensions: readonly string[] = ['json', 'txt', 'cls']

/** Tests if a file has the extension of an image that can be read. */
export const isImageName = (file: string): boolean => imageExtensions.includes(splitStem(file).extension)

/** A name in two parts. */
export interface SplitFileName {
  /** The path without the extension. */
  readonly key: string
  /** In lower case, without its dot; empty where there is none. */
  readonly extension: string
}

/** The key of a file in WebDataset: its path up to the first dot of its name. `a/b.c/00.seg.png` has the key `a/b.c/00`. */
export function splitKey(name: string): SplitFileName {
  const dot = name.indexOf('.', name.lastIndexOf('/') + 1)
  return dot === -1
    ? { key: name, extension: '' }
    : { key: name.slice(0, dot), extension: name.slice(dot + 1).toLowerCase() }
}

/** The path of a file up to its last dot: `a/gsd0.5m.jpg` has the stem `a/gsd0.5m`. */
export function splitStem(name: string): SplitFileName {
  const dot = name.lastIndexOf('.')
  return dot <= name.lastIndexOf('/')
    ? { key: name, extension: '' }
    : { key: name.slice(0, dot), extension: name.slice(dot + 1).toLowerCase() }
}

/** A path without the `./` that `tar` writes before paths of the current folder. */
export const withoutPrefix = (name: string): string => name.replace(/^(\.\/+)+/, '')
