/** Concepts that a stage localises. */
import type { FilledQuery } from '../../../dsl/kinds/filled.ts'
import { type ConceptQuery, marginStep } from '../../distill/heatmaps.ts'
import type { SlidingWindow } from '../../distill/sao.ts'
import { type ModelConfig, type Network, networkOf } from '../../model/network.ts'
import { intType, mammutOf, type PrintableStep, pairTypes, printableStep, weightTypes } from '../printable_step.ts'

/** A concept to localise, with its name. */
export interface NamedQuery extends ConceptQuery {
  readonly name: string
}

/** The concepts of a stage, in the order of the recipe. */
export const namedQueries = (queries: { readonly [name: string]: FilledQuery }): readonly NamedQuery[] =>
  Object.entries(queries).map(([name, query]) => ({ name, ...query }))

/** Types of the texts of concepts. */
export const queryTypes = (queries: { readonly [name: string]: FilledQuery }, { contextLength }: Network) =>
  namedQueries(queries).map(({ prompts, against }) => ({
    prompts: intType(prompts.length, contextLength),
    against: intType(against.length, contextLength),
  }))

/** The step that computes the margins of so many images. */
export function marginSteps(
  queries: { readonly [name: string]: FilledQuery },
  {
    config: sizes,
    batch,
    window,
  }: { readonly config: ModelConfig; readonly batch: number; readonly window: SlidingWindow },
): readonly PrintableStep[] {
  const config = mammutOf(sizes)
  const network = networkOf(config)
  const inputs = {
    images: pairTypes(network, batch).images,
    queries: queryTypes(queries, network),
    weights: weightTypes(network),
  }
  return [
    printableStep(`margins of ${batch} images`, marginStep(config, window), {
      inputs,
      invariant: ['weights', 'queries'],
    }),
  ]
}
