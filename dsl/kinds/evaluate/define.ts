/** Evaluations of one stage. */

import type { Estimates } from '../../cost/estimates.ts'
import type { ModelCost } from '../../cost/model_cost.ts'
import type { EvaluationDefinition, EvaluationExpanding, Metric } from '../definition.ts'
import { draft } from '../draft.ts'
import { defineStage, type Input, modelNeeds, processorNeeds, type StageDefinition, type StageSpec } from '../stage.ts'
import { type Embedding, embedCaptions, embedImages } from './embeddings.ts'

/** The definition of an evaluation, without what all evaluations share. */
interface EvaluationOptions<Kind extends string, Filled, Role extends string, Spec extends StageSpec>
  extends Omit<EvaluationDefinition<Kind, Filled>, 'stages' | 'metrics' | 'expand'>,
    Pick<StageDefinition, 'version'> {
  /** Embeddings that it reads, by role. */
  embeds?(evaluation: Filled, expanding: EvaluationExpanding): { readonly [role in Role]: Embedding }
  /** Parameters, inputs and files of the stage; `embedded` are the inputs that `embeds` makes. */
  spec(evaluation: Filled, expanding: EvaluationExpanding, embedded: { readonly [role in Role]: Input }): Spec
  metrics(evaluation: Filled): readonly Metric[]
  /** Costs of the stage with a model; absent where it runs none, and then needs no slot. */
  estimate?(cost: ModelCost, evaluation: Filled): Estimates
}

/** Defines an evaluation: one stage of its own kind, and those that make the embeddings that it reads. */
export function defineEvaluation<
  const Kind extends string,
  Filled,
  const Role extends string = never,
  Spec extends StageSpec = StageSpec,
>({ version, embeds, spec, metrics, estimate, ...rest }: EvaluationOptions<Kind, Filled, Role, Spec>) {
  const embeddingsOf = (evaluation: Filled, expanding: EvaluationExpanding): { readonly [role: string]: Embedding } =>
    embeds?.(evaluation, expanding) ?? {}
  const stage = defineStage({
    kind: rest.kind,
    version,
    needs: estimate === undefined ? processorNeeds : modelNeeds,
    spec: (evaluation: Filled, expanding: EvaluationExpanding) => {
      const inputs = Object.entries(embeddingsOf(evaluation, expanding)).map(([role, { input }]) => [role, input])
      return spec(evaluation, expanding, Object.fromEntries(inputs))
    },
    estimate: (evaluation: Filled, { cost }: EvaluationExpanding) => cost && estimate?.(cost, evaluation),
  })
  const stages = [stage, embedImages, embedCaptions] as const
  const definition: EvaluationDefinition<Kind, Filled> = {
    ...rest,
    stages,
    metrics: (name, evaluation) => [{ stage: name, kind: rest.kind, metrics: metrics(evaluation) }],
    expand(name, evaluation, expanding) {
      const path = ['evaluate', name]
      const embeddings = Object.values(embeddingsOf(evaluation, expanding))
      return [...embeddings.map(({ draft }) => draft(path)), draft(stage, { id: name, path }, evaluation, expanding)]
    },
  }
  return { ...definition, stages }
}
