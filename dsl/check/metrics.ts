/** The metrics of every stage of a recipe, which claims refer to. A test compares them with those of a run. */
import type { FilledRecipe } from '../kinds/filled.ts'
import { definedEntries } from './entries.ts'

/** A stage and the names of its metrics. */
export interface MeasuredStage {
  readonly kind: string
  readonly metrics: readonly string[]
}

/** Stages by their identity in the plan. */
export function measuredStages(recipe: FilledRecipe): ReadonlyMap<string, MeasuredStage> {
  const stages = definedEntries(recipe).flatMap(({ metrics }) => metrics())
  return new Map(
    stages.map(({ stage, kind, metrics }) => [stage, { kind, metrics: metrics.map(metric => metric.name) }]),
  )
}

/** `pretrain.mix.caption_loss` -> stage `pretrain.mix`, metric `caption_loss`: names of metrics hold no dot. */
export function splitMetric(text: string): { readonly stage: string; readonly metric: string } {
  const dot = text.lastIndexOf('.')
  return { stage: text.slice(0, dot), metric: text.slice(dot + 1) }
}
