/** Filter `union`: several datasets as one. */
import type { DatasetRef } from '../../recipe/scalars.ts'
import { type FilterDefinition, metricsIn } from '../definition.ts'
import { draft } from '../draft.ts'
import type { FilledUnionFilter } from '../filled.ts'
import { dataNeeds, defineStage, type Input } from '../stage.ts'

/**
 * Joins datasets, or splits of them, into one: nothing is dropped. A key that several of them have gets the name of its
 * dataset in front, and the fact `dataset` of each sample names it. Samples keep their splits; where one dataset has splits
 * and another none, those of the latter belong to `train`.
 */
export interface UnionFilter {
  kind: 'union'
  /** The datasets, at least two, in their order. @minItems 2 @examples [["web", "labelled"]] */
  from: DatasetRef[]
}

const stage = defineStage({
  kind: 'union',
  version: 1,
  needs: dataNeeds,
  spec: (names: readonly string[], data: readonly Input[]) => ({ params: { names: [...names] }, inputs: { data } }),
})

/** The names are part of the key: they are part of the result. */
export const union = {
  kind: 'union',
  stages: [stage],
  isUnion: true,
  check: ({ from }) =>
    from.flatMap((text, index) =>
      from.indexOf(text) === index
        ? []
        : [
            {
              code: 'out-of-range' as const,
              at: ['from', index],
              message: `'${text}' is named twice; its samples would be shown twice`,
            },
          ],
    ),
  metrics: name => [{ stage: name, kind: 'union', metrics: metricsIn('count', ['samples', 'renamed']) }],
  expand: (name, { from }, { dataset }) => {
    const names = from.map(text => text.split('.')[0] ?? text)
    return [draft(stage, { id: name, path: ['filters', name] }, names, from.map(dataset))]
  },
} as const satisfies FilterDefinition<'union', FilledUnionFilter>
