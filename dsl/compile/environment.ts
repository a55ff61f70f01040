/** The facts about this machine that a plan needs. */

/** Files of this machine. Its functions may throw; the compiler lets that through. */
export interface Environment {
  /**
   * Hexadecimal SHA-256 of a file's content; of a folder, over its sorted relative paths, sizes and digests. Undefined
   * where nothing is there.
   */
  readonly digest: (path: string) => string | undefined
  /** Finds a file of an installed package by its name, `PACKAGE/PATH`. */
  readonly resolvePackageFile: (name: string) => { readonly path: string; readonly version: string }
}
