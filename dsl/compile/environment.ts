/** The facts about this machine that a plan needs. */

/** The state of a file or of all files of a folder by what the file system says of them, without reading their content. */
export interface PathStamp {
  /** Digest over names, sizes, inodes and times of writing. */
  readonly written: string
  /** Digest over the times at which content, owner, permissions or number of links changed. */
  readonly changed: string
  /** The latest of these times. @unit milliseconds since 1970 */
  readonly latest: number
  /** False where the latest change is so recent that another one might leave the same times. */
  readonly isSettled: boolean
}

/** Files of this machine. Its functions may throw; the compiler lets that through. */
export interface Environment {
  /**
   * Hexadecimal SHA-256 of a file's content; of a folder, over its sorted relative paths, sizes and digests. Undefined
   * where nothing is there.
   */
  readonly digest: (path: string) => string | undefined
  /** The stamp of a file or folder, taken before its digest, so that a run detects later changes. */
  readonly stamp?: (path: string) => PathStamp | undefined
  /** Set where a recipe is only compared: a file that is not here is no fault, whatever the recipe says. */
  readonly mayLackFiles?: true
  /** Finds a file of an installed package by its name, `PACKAGE/PATH`. */
  readonly resolvePackageFile: (name: string) => { readonly path: string; readonly version: string }
}
