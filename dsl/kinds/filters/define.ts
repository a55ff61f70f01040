/** Filters of one stage. */
import type { FilterDefinition, FilterExpanding, Metric } from '../definition.ts'
import { draft } from '../draft.ts'
import { dataNeeds, defineStage, type StageDefinition, type StageSpec } from '../stage.ts'
import { filterMetrics } from './metrics.ts'

/** The definition of a filter, without what all filters share. */
type FilterOptions<Kind extends string, Filled, Spec extends StageSpec> = Omit<
  FilterDefinition<Kind, Filled>,
  'stages' | 'metrics' | 'expand'
> &
  Pick<StageDefinition, 'version'> & {
    /** Parameters, inputs and files of the stage. */
    spec(filter: Filled, expanding: FilterExpanding): Spec
    /** Metrics beside those of every filter. @default none */
    readonly metrics?: readonly Metric[]
  }

/** Defines a filter that is one stage of its own kind. */
export function defineFilter<const Kind extends string, Filled, Spec extends StageSpec>({
  version,
  spec,
  metrics = [],
  ...rest
}: FilterOptions<Kind, Filled, Spec>) {
  const stage = defineStage({ kind: rest.kind, version, needs: dataNeeds, spec })
  const definition: FilterDefinition<Kind, Filled> = {
    ...rest,
    stages: [stage],
    metrics: name => [{ stage: name, kind: rest.kind, metrics: [...filterMetrics, ...metrics] }],
    expand: (name, filter, expanding) => [draft(stage, { id: name, path: ['filters', name] }, filter, expanding)],
  }
  return { ...definition, stages: [stage] } as const
}
