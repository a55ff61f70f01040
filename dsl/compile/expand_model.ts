/** Models, training, distillation and evaluation as stages. */
import { splitsOf } from '../check/datasets.ts'
import type { Entry, FilledRecipe } from '../check/filled.ts'
import { hasWeights, splitReference } from '../check/names.ts'
import { templatesOf } from '../recipe/templates.ts'
import { type Draft, type Expanding, input, params } from './draft.ts'
import { dataInput, trainingInput, trainingInputs } from './expand_data.ts'
import type { Input } from './plan.ts'

/** The stage that makes a trained model: the phase or round that is named, else the last one. */
export function modelInput(recipe: FilledRecipe, reference: string): Input {
  const { name, part } = splitReference(reference)
  if (hasWeights(recipe, name)) return input(name)
  if (Object.hasOwn(recipe.distill, name)) return input(`${name}.${part ?? recipe.distill[name]?.rounds}`)
  return input(`${name}.${part ?? recipe.train[name]?.phases.at(-1)?.name}`)
}

/** What an architecture needs before it is trained: the tokenizer that it learns, or the files that it comes with. */
export function expandModel(name: string, model: Entry<'models'>, { recipe }: Expanding): Draft {
  if (model.kind === 'openclip') {
    const { kind, architecture, weights, tokenizer, ...sizes } = model
    return {
      id: name,
      kind,
      params: params({ weights, tokenizer, ...sizes }),
      inputs: {},
      files: [weights, tokenizer],
      path: ['models', name],
    }
  }
  const { tokenizer } = model
  return {
    id: `${name}.tokenizer`,
    kind: 'tokenizer',
    params: params({ vocab_size: tokenizer.vocab_size }),
    inputs: trainingInputs(recipe, tokenizer.from),
    files: [],
    path: ['models', name],
  }
}

/** What says how to compute, apart from what says what. */
function splitSettings<
  T extends Pick<
    Entry<'train'>,
    'slots' | 'micro_batch' | 'recompute' | 'checkpoint_every' | 'keep_checkpoints' | 'image_cache'
  >,
>(entry: T) {
  const { slots, micro_batch, recompute, checkpoint_every, keep_checkpoints, image_cache, ...rest } = entry
  return {
    rest,
    settings: params({ slots, micro_batch, recompute, checkpoint_every, keep_checkpoints, image_cache }),
  }
}

/** A stage for each phase; each starts from the one before. */
export function expandTrain(name: string, train: Entry<'train'>, { recipe, seed }: Expanding): readonly Draft[] {
  const { rest: described, settings } = splitSettings(train)
  const { model: architecture, phases, ...shared } = described
  const spec = recipe.models[architecture]
  if (spec === undefined) return []
  const { model, inputs } = startOf(architecture, spec)
  return phases.map((phase, index) => {
    const { name: phaseName, data, stop_early: stopEarly, ...rest } = phase
    const { data: validation, ...stopping } = stopEarly ?? {}
    const mixed = mixOf(data)
    const total = mixed.reduce((sum, [, weight]) => sum + weight, 0)
    const mix = mixed.map(([, weight], at) => ({ role: `data.${at}`, weight: weight / total }))
    const before = phases[index - 1]
    return {
      id: `${name}.${phaseName}`,
      kind: 'train',
      params: params({ model, ...shared, data: mix, ...rest, ...(stopEarly && { stop_early: stopping }), seed }),
      settings,
      inputs: {
        ...inputs,
        ...(before && { init: input(`${name}.${before.name}`) }),
        ...trainingInputs(
          recipe,
          mixed.map(([dataset]) => dataset),
        ),
        ...(validation !== undefined && { validation: dataInput(validation) }),
      },
      files: [],
      path: ['train', name, 'phases', String(index)],
    }
  })
}

/** What a training run begins with: an architecture and its tokenizer, or a model that comes with both and with weights. */
function startOf(name: string, spec: Entry<'models'>) {
  if (spec.kind === 'openclip') return { model: { kind: spec.kind }, inputs: { init: input(name) } }
  const { kind, size, tokenizer, ...sizes } = spec
  return {
    model: { ...sizes, vocab_size: tokenizer.vocab_size },
    inputs: { tokenizer: input(`${name}.tokenizer`) },
  }
}

/** Datasets of a weight above 0 by name: the order in which a mix is written changes no key. */
function mixOf(data: string | Readonly<Record<string, number>>): readonly (readonly [string, number])[] {
  if (typeof data === 'string') return [[data, 1]]
  return Object.entries(data)
    .filter(([, weight]) => weight > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Two stages for each round: pseudo-labels by the model of the round before, then training on them. */
export function expandDistill(name: string, distill: Entry<'distill'>, { recipe, seed }: Expanding): readonly Draft[] {
  const { rest: described, settings } = splitSettings(distill)
  const { model, queries, sao, rounds, margin, data: images, ...training } = described
  const data = trainingInput(recipe, images)
  const path = ['distill', name]
  return Array.from({ length: rounds }, (_, index) => index + 1).flatMap(round => {
    const start = round === 1 ? modelInput(recipe, model) : input(`${name}.${round - 1}`)
    const labels = `${name}.${round}.labels`
    return [
      {
        id: labels,
        kind: 'pseudo-label',
        params: params({ queries, sao, margin, batch_size: training.batch_size }),
        inputs: { model: start, data },
        files: [],
        path,
      },
      {
        id: `${name}.${round}`,
        kind: 'region-train',
        params: params({ ...training, queries, seed }),
        settings,
        inputs: { init: start, labels: input(labels), data },
        files: [],
        path,
      },
    ]
  })
}

/** The stage of an evaluation. Localisation also reads the training split, for the mean-mask baseline. */
export function expandEvaluation(name: string, evaluation: Entry<'evaluate'>, { recipe, seed }: Expanding): Draft {
  const { kind, model, data, ...others } = evaluation
  const { train, ...rest } = 'train' in others ? others : { ...others, train: undefined }
  // What draws: a validation part, tokens.
  const isDrawn = kind === 'linear-probe' || (kind === 'captioning' && evaluation.decoding.kind === 'nucleus')
  const set = splitReference(data)
  const hasReference = kind === 'localisation' && set.part !== undefined && splitsOf(recipe, set.name).includes('train')
  return {
    id: name,
    kind,
    params: params({
      ...rest,
      // The texts themselves go into the key: a set that is mended is another one.
      ...('templates' in rest && {
        templates: templatesOf(rest.templates),
        template_set: typeof rest.templates === 'string' ? rest.templates : null,
      }),
      ...(isDrawn && { seed }),
    }),
    inputs: {
      model: modelInput(recipe, model),
      data: dataInput(data),
      ...(train !== undefined && { train: trainingInput(recipe, train) }),
      ...(hasReference && { reference: input(set.name, 'train') }),
    },
    files: [],
    path: ['evaluate', name],
  }
}
