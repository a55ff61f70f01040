/** The metrics of every stage of a recipe, which claims refer to. A test compares them with those of a run. */
import type { StageMetrics } from '../kinds/definition.ts'
import type { FilledRecipe } from '../kinds/filled.ts'
import { distill, evaluationKind, filterKind, modelKind, sourceKind, train } from '../kinds/registry.ts'

/** A stage and the names of its metrics. */
export interface MeasuredStage {
  readonly kind: string
  readonly metrics: readonly string[]
}

/** Stages by their identity in the plan. */
export function measuredStages(recipe: FilledRecipe): ReadonlyMap<string, MeasuredStage> {
  const of = <Entry>(
    entries: { readonly [name: string]: Entry },
    metrics: (name: string, entry: Entry) => readonly StageMetrics[],
  ): readonly StageMetrics[] => Object.entries(entries).flatMap(([name, entry]) => metrics(name, entry))
  const stages = [
    ...of(recipe.sources, (name, entry) => sourceKind(entry).metrics(name, entry)),
    ...of(recipe.filters, (name, entry) => filterKind(entry).metrics(name, entry)),
    ...of(recipe.models, (name, entry) => modelKind(entry).metrics(name, entry)),
    ...of(recipe.train, train.metrics),
    ...of(recipe.distill, distill.metrics),
    ...of(recipe.evaluate, (name, entry) => evaluationKind(entry).metrics(name, entry)),
  ]
  return new Map(
    stages.map(({ stage, kind, metrics }) => [stage, { kind, metrics: metrics.map(metric => metric.name) }]),
  )
}

/** `pretrain.mix.caption_loss` -> stage `pretrain.mix`, metric `caption_loss`: names of metrics hold no dot. */
export function splitMetric(text: string): { readonly stage: string; readonly metric: string } {
  const dot = text.lastIndexOf('.')
  return { stage: text.slice(0, dot), metric: text.slice(dot + 1) }
}
