/** A checked recipe as stages in topological order. */
import { splitsOf, trainingSplit } from '../check/datasets.ts'
import { architectureOf, hasWeights, splitReference } from '../check/names.ts'
import type { ModelCost } from '../cost/model_cost.ts'
import type { Entry, EvaluationExpanding, TrainingExpanding } from '../kinds/definition.ts'
import { type Draft, input } from '../kinds/draft.ts'
import type { FilledRecipe } from '../kinds/filled.ts'
import { distill, evaluationKind, filterKind, modelKind, sourceKind, train } from '../kinds/registry.ts'
import type { Input } from '../kinds/stage.ts'

/** Stages that make data and tokenizers, which need no others; in the order of the recipe as far as inputs allow. */
export function expandData(recipe: FilledRecipe): readonly Draft[] {
  const { seed } = recipe
  const training = (reference: string) => trainingInput(recipe, reference)
  return topological([
    ...Object.entries(recipe.sources).flatMap(([name, entry]) => sourceKind(entry).expand(name, entry, { seed })),
    ...Object.entries(recipe.filters).flatMap(([name, entry]) =>
      filterKind(entry).expand(name, entry, { seed, dataset: dataInput }),
    ),
    ...Object.entries(recipe.models).flatMap(([name, entry]) =>
      modelKind(entry).expand(name, entry, { seed, training }),
    ),
  ])
}

/** True if two variants make the same data. Variants share objects that are equal, so references are compared. */
export function haveSameData(a: FilledRecipe, b: FilledRecipe): boolean {
  return a.sources === b.sources && a.filters === b.filters && a.models === b.models && a.seed === b.seed
}

/** Stages that train, distill and evaluate, in the order of the recipe as far as inputs allow. */
export function expandModels(recipe: FilledRecipe): readonly Draft[] {
  const { seed } = recipe
  const training = (reference: string) => trainingInput(recipe, reference)
  const trainingOf = ({ model }: Entry<'train'>): TrainingExpanding => ({
    seed,
    training,
    dataset: dataInput,
    start: name => modelKind(modelNamed(recipe, name)).start(name, modelNamed(recipe, name)),
    cost: costOf(recipe.models[model]),
  })
  const evaluationOf = ({ model, data }: Entry<'evaluate'>): EvaluationExpanding => ({
    seed,
    training,
    model: modelInput(recipe, model),
    data: dataInput(data),
    trainingPart: trainingPart(recipe, data),
    cost: costOf(architectureOf(recipe, model)),
  })
  return topological([
    ...Object.entries(recipe.train).flatMap(([name, entry]) => train.expand(name, entry, trainingOf(entry))),
    ...Object.entries(recipe.distill).flatMap(([name, entry]) =>
      distill.expand(name, entry, {
        seed,
        model: modelInput(recipe, entry.model),
        data: trainingInput(recipe, entry.data),
        cost: costOf(architectureOf(recipe, entry.model)),
      }),
    ),
    ...Object.entries(recipe.evaluate).flatMap(([name, entry]) =>
      evaluationKind(entry).expand(name, entry, evaluationOf(entry)),
    ),
  ])
}

const costOf = (model: Entry<'models'> | undefined): ModelCost | undefined => model && modelKind(model).cost(model)

function modelNamed({ models }: FilledRecipe, name: string): Entry<'models'> {
  const model = models[name]
  if (model === undefined) throw new Error(`There is no architecture '${name}'`)
  return model
}

/** A dataset as an input: the split that is named, else everything. */
function dataInput(reference: string): Input {
  const { name, part } = splitReference(reference)
  return input(name, part)
}

/** A dataset as training reads it: the split that is named, else `train` where there are splits. */
const trainingInput = (recipe: FilledRecipe, reference: string): Input =>
  input(splitReference(reference).name, trainingSplit(recipe, reference))

/** The training split of a dataset, if a split is named and the dataset has one. */
function trainingPart(recipe: FilledRecipe, reference: string): Input | undefined {
  const { name, part } = splitReference(reference)
  return part !== undefined && splitsOf(recipe, name).includes('train') ? input(name, 'train') : undefined
}

/** The stage that makes a trained model: the phase or round that is named, else the last one. */
export function modelInput(recipe: FilledRecipe, reference: string): Input {
  const { name, part } = splitReference(reference)
  if (hasWeights(recipe, name)) return input(name)
  if (Object.hasOwn(recipe.distill, name)) return input(`${name}.${part ?? recipe.distill[name]?.rounds}`)
  return input(`${name}.${part ?? recipe.train[name]?.phases.at(-1)?.name}`)
}

/**
 * Each stage once, after its inputs, else as given. There are no cycles: references were checked. Stages of one name are
 * equal, and the first stands for all.
 */
function topological(drafts: readonly Draft[]): readonly Draft[] {
  const byId = new Map(drafts.toReversed().map(draft => [draft.id, draft]))
  const ordered = new Set<Draft>()
  function visit(draft: Draft | undefined): void {
    if (draft === undefined || ordered.has(draft)) return
    for (const { stage } of Object.values(draft.inputs)) visit(byId.get(stage))
    ordered.add(draft)
  }
  for (const { id } of drafts) visit(byId.get(id))
  return [...ordered]
}
