/** Filters of one stage. */
import type { FilterDefinition, FilterExpanding, Metric } from '../definition.ts'
import { draft } from '../draft.ts'
import type { RecordColumns } from '../records.ts'
import { dataNeeds, defineStage, type Input, type StageDefinition, type StageSpec } from '../stage.ts'
import { filterMetrics } from './metrics.ts'
import { verdictColumns } from './verdicts.ts'

/** The definition of a filter, without what all filters share. */
type FilterOptions<Kind extends string, Filled, Spec extends StageSpec, Scores extends RecordColumns> = Omit<
  FilterDefinition<Kind, Filled>,
  'stages' | 'metrics' | 'expand'
> &
  Pick<StageDefinition, 'version'> & {
    /** Parameters, inputs and files of the stage. */
    spec(filter: Filled, expanding: FilterExpanding & FilteredData): Spec
    /** Columns that its verdicts have beside those of every filter: the scores that decide. */
    readonly scores: Scores
    /** Metrics beside those of every filter. @default none */
    readonly metrics?: readonly Metric[]
  }

/** The dataset that is filtered. */
export interface FilteredData {
  readonly data: Input
}

/** Defines a filter that is one stage of its own kind. */
export function defineFilter<
  const Kind extends string,
  Filled extends { readonly from: string },
  Spec extends StageSpec,
  const Scores extends RecordColumns,
>({ version, spec, scores, metrics = [], ...rest }: FilterOptions<Kind, Filled, Spec, Scores>) {
  const records = { 'verdicts.parquet': { ...verdictColumns, ...scores } }
  const stage = defineStage({ kind: rest.kind, version, needs: dataNeeds, records, spec })
  const definition: FilterDefinition<Kind, Filled> = {
    ...rest,
    stages: [stage],
    metrics: name => [{ stage: name, kind: rest.kind, metrics: [...filterMetrics, ...metrics] }],
    expand: (name, filter, expanding) => [
      draft(stage, { id: name, path: ['filters', name] }, filter, {
        ...expanding,
        data: expanding.dataset(filter.from),
      }),
    ],
  }
  return { ...definition, scores, stages: [stage] } as const
}
