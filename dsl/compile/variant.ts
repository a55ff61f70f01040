/** A recipe with the values of one cell of its matrix. */
import type { FilledRecipe } from '../kinds/filled.ts'
import type { LocatedMap } from '../values/located.ts'
import type { Cell } from './matrix.ts'

/** One cell of the matrix, checked; the only one where there is no matrix. */
export interface Variant {
  readonly cell: Cell
  /** With parameters inserted. */
  readonly tree: LocatedMap
  readonly recipe: FilledRecipe
  /** True for one of several repetitions of the cell: its axis `seed` is no axis of the matrix. */
  readonly isRepetition?: true
}
