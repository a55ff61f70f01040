/** Evaluations of one stage. */

import type { Estimates } from '../../cost/estimates.ts'
import type { ModelCost } from '../../cost/model_cost.ts'
import type { EvaluationDefinition, EvaluationExpanding, Metric } from '../definition.ts'
import { draft } from '../draft.ts'
import { defineStage, modelNeeds, type StageDefinition, type StageSpec } from '../stage.ts'

/** The definition of an evaluation, without what all evaluations share. */
type EvaluationOptions<Kind extends string, Filled, Spec extends StageSpec> = Omit<
  EvaluationDefinition<Kind, Filled>,
  'stages' | 'metrics' | 'expand'
> &
  Pick<StageDefinition, 'version'> & {
    /** Parameters, inputs and files of the stage. */
    spec(evaluation: Filled, expanding: EvaluationExpanding): Spec
    metrics(evaluation: Filled): readonly Metric[]
    /** Costs of the stage with a model. */
    estimate(cost: ModelCost, evaluation: Filled): Estimates
  }

/** Defines an evaluation that is one stage of its own kind. */
export function defineEvaluation<const Kind extends string, Filled, Spec extends StageSpec>({
  version,
  spec,
  metrics,
  estimate,
  ...rest
}: EvaluationOptions<Kind, Filled, Spec>) {
  const stage = defineStage({
    kind: rest.kind,
    version,
    needs: modelNeeds,
    spec,
    estimate: (evaluation: Filled, { cost }: EvaluationExpanding) => cost && estimate(cost, evaluation),
  })
  const definition: EvaluationDefinition<Kind, Filled> = {
    ...rest,
    stages: [stage],
    metrics: (name, evaluation) => [{ stage: name, kind: rest.kind, metrics: metrics(evaluation) }],
    expand: (name, evaluation, expanding) => [
      draft(stage, { id: name, path: ['evaluate', name] }, evaluation, expanding),
    ],
  }
  return { ...definition, stages: [stage] } as const
}
