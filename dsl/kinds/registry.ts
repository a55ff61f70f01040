/** Every kind of the language, by section. */
import * as captioners from './captioners/mod.ts'
import type { Entry, EvaluationDefinition, FilterDefinition, ModelDefinition, SourceDefinition } from './definition.ts'
import { distill } from './distill/distill.ts'
import * as evaluations from './evaluate/mod.ts'
import * as filters from './filters/mod.ts'
import * as models from './models/mod.ts'
import * as sources from './sources/mod.ts'
import type { StageDefinition } from './stage.ts'
import { train } from './train/train.ts'

export { distill } from './distill/distill.ts'
export { train } from './train/train.ts'

/** The kinds of each section by the names of their builders in TypeScript recipes. */
export const registry = { sources, filters, models, evaluate: evaluations, captioners } as const

type ValueOf<T> = T[keyof T]
type EntryStages = ValueOf<{
  [S in keyof Omit<typeof registry, 'captioners'>]: StagesOf<ValueOf<(typeof registry)[S]>>
}>
type StagesOf<Definition> = Definition extends { readonly stages: readonly (infer Stage)[] } ? Stage : never

/** Every kind of stage, as a union of definitions. */
export type AnyStageDefinition = EntryStages | (typeof train.stages)[number] | (typeof distill.stages)[number]

/** The name of a kind of stage. */
export type StageKind = AnyStageDefinition['kind']

/** The definition of a kind of stage. */
export type StageOf<Kind extends StageKind> = Extract<AnyStageDefinition, { readonly kind: Kind }>

const byKind = <Definition extends { readonly kind: string }>(kinds: {
  readonly [name: string]: Definition
}): ReadonlyMap<string, Definition> => new Map(Object.values(kinds).map(definition => [definition.kind, definition]))

const sourcesByKind = byKind<SourceDefinition>(sources)
const filtersByKind = byKind<FilterDefinition>(filters)
const modelsByKind = byKind<ModelDefinition>(models)
const evaluationsByKind = byKind<EvaluationDefinition>(evaluations)

function find<Definition>(kinds: ReadonlyMap<string, Definition>, { kind }: { readonly kind: string }): Definition {
  const found = kinds.get(kind)
  if (found === undefined) throw new Error(`There is no kind '${kind}' in its section`)
  return found
}

/** The definition of a source's kind. */
export const sourceKind = (source: Entry<'sources'>): SourceDefinition => find(sourcesByKind, source)

/** The definition of a filter's kind. */
export const filterKind = (filter: Entry<'filters'>): FilterDefinition => find(filtersByKind, filter)

/** The definition of a model's kind. */
export const modelKind = (model: Entry<'models'>): ModelDefinition => find(modelsByKind, model)

/** The definition of an evaluation's kind. */
export const evaluationKind = (evaluation: Entry<'evaluate'>): EvaluationDefinition =>
  find(evaluationsByKind, evaluation)

/** The kinds of filters. */
export const filterKinds: readonly FilterDefinition[] = [...filtersByKind.values()]

/** The kinds of models. */
export const modelKinds: readonly ModelDefinition[] = [...modelsByKind.values()]

/** Every kind of stage by its name. */
export const stageDefinitions: ReadonlyMap<string, StageDefinition> = new Map(
  [
    ...Object.values(registry.sources),
    ...Object.values(filters),
    ...Object.values(models),
    ...Object.values(evaluations),
    train,
    distill,
  ]
    .flatMap(({ stages }): readonly StageDefinition[] => stages)
    .map(stage => [stage.kind, stage]),
)
