/** Access to the files that recipes are read from. */

/** Access to files: those on disk, or those of a git revision. Paths are absolute. */
export interface Files {
  /** Undefined where there is nothing. */
  readonly stat: (path: string) => { readonly kind: 'file' | 'folder' | 'other'; readonly size: number } | undefined
  readonly read: (path: string) => Uint8Array
  /** The path with links resolved. */
  readonly real: (path: string) => string
  /** Names in a folder. */
  readonly list: (folder: string) => readonly string[]
  /** The name of a file in messages. */
  readonly name: (path: string) => string
}
