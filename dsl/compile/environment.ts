/** What the compiler must know of the world; whoever runs stages tells it. */
import type { Json, Needs } from './plan.ts'

/** What a plan needs to know of a kind of stage. */
export interface KindInfo {
  readonly kind: string
  /** Raised whenever the same parameters and inputs would give another result. */
  readonly version: number
  readonly needs: (params: { readonly [name: string]: Json }) => Needs
  /** Names of package files (`three-globe/example/img/...`) that the stage reads. */
  readonly packageFiles?: (params: { readonly [name: string]: Json }) => readonly string[]
}

/** Facts about this machine and this version of the stages. Its functions may throw; the compiler lets that through. */
export interface Environment {
  readonly kind: (name: string) => KindInfo | undefined
  /**
   * Hexadecimal SHA-256 of a file's content; of a folder, over its sorted relative paths, sizes and digests. Undefined
   * where nothing is there.
   */
  readonly digest: (path: string) => string | undefined
  /** Finds a file of an installed package by its name, `PACKAGE/PATH`. */
  readonly resolvePackageFile: (name: string) => { readonly path: string; readonly version: string }
}
