/** Places that recipes are read from. */

/** Where files are read from: the disk, or a revision that git keeps. Paths are absolute. */
export interface Files {
  /** Undefined where there is nothing. */
  readonly stat: (path: string) => { readonly kind: 'file' | 'folder' | 'other'; readonly size: number } | undefined
  readonly read: (path: string) => Uint8Array
  /** Where links lead. */
  readonly real: (path: string) => string
  /** Names in a folder. */
  readonly list: (folder: string) => readonly string[]
  /** How people are told of a file. */
  readonly name: (path: string) => string
}
