/** Concepts that a stage localises. */
import type { FilledQuery } from '../../../dsl/kinds/filled.ts'
import type { ConceptQuery } from '../../distill/heatmaps.ts'

/** A concept to localise, with its name. */
export interface NamedQuery extends ConceptQuery {
  readonly name: string
}

/** The concepts of a stage, in the order of the recipe. */
export const namedQueries = (queries: { readonly [name: string]: FilledQuery }): readonly NamedQuery[] =>
  Object.entries(queries).map(([name, query]) => ({ name, ...query }))
