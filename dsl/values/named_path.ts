/** Paths that an entry of a recipe names. */
import type { ValuePath } from './located.ts'

/** A path that an entry names, relative to the recipe's folder, braces as they are written. */
export interface NamedPath {
  readonly path: string
  /** Place in the entry. */
  readonly at: ValuePath
  readonly wanted: 'file' | 'folder'
  /** Set if it is in, or in the same folder as, a path that the entry names before. */
  readonly near?: 'inside' | 'beside'
  /** True where braces stand for several files. */
  readonly hasBraces?: boolean
}

/** Files in a field that holds one path or a list of them, each with braces. */
export const listedPaths = (paths: string | readonly string[], field: string): readonly NamedPath[] =>
  typeof paths === 'string'
    ? [{ path: paths, at: [field], wanted: 'file', hasBraces: true }]
    : paths.map((path, index) => ({ path, at: [field, index], wanted: 'file', hasBraces: true }))
